"""Sequences whose elements are made when they are looked at: of a million a person reads a hundred."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class MadeOnDemand(Sequence[T]):
    """Equal to every such sequence and every tuple with equal elements."""

    __slots__ = ()

    @abstractmethod
    def _made(self, first: int, last: int) -> Iterator[T]:
        """The elements from `first` up to `last`, of which there is at least one."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self)[index]
        number = range(len(self))[index]
        return next(self._made(number, number + 1))

    def __iter__(self) -> Iterator[T]:
        return self._made(0, len(self)) if len(self) else iter(())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MadeOnDemand | tuple) and len(self) == len(other) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as of other sequences that are compared by what they hold

    def __repr__(self) -> str:
        return f"{type(self).__name__}{tuple(self)!r}"
