"""Commands for pages: what people were told of, and taking it up."""

from __future__ import annotations

from typing import Annotated

import typer

from waakvlam.cli.options import Config, ListFormat

app = typer.Typer()
pages = typer.Typer(no_args_is_help=True, help="What people were told of disturbances: list, show, close.")

PageId = Annotated[str, typer.Argument(help="The page, such as page-12.", metavar="PAGE")]


@app.command(epilog="Example: waakvlam ack --config estate.yaml page-12 --by anna")
def ack(
    config: Config,
    page: Annotated[str, typer.Argument(help="The page, or `list` for those that wait.", metavar="PAGE|list")],
    by: Annotated[
        str | None,
        typer.Option(help="Who has it: an id, a name or an address of oncall; without, you.", metavar="NAME"),
    ] = None,
) -> None:
    """Take a page up: nobody else is told of it any more. Exit 1 where somebody has it, or it is over."""
    from waakvlam.commands.pages import ack as run
    from waakvlam.commands.pages import list_

    if page == "list":
        list_(config, everything=False, waiting=True, as_json=False)
    else:
        run(config, page, by)


@pages.command("list", epilog="Example: waakvlam pages list --config estate.yaml --all")
def list_pages(
    config: Config,
    everything: Annotated[bool, typer.Option("--all", help="Also those of more than five weeks ago.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that nobody took up yet.")] = False,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """Pages, the last one first: about what, who was told, how soon, and who took it up."""
    from waakvlam.commands.pages import list_

    list_(config, everything=everything, waiting=waiting, as_json=format_ is ListFormat.JSON)


@pages.command("show", epilog="Example: waakvlam pages show --config estate.yaml page-12")
def show_page(
    config: Config,
    page: PageId,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """One page with all that was noted of it: who was told when and by what, what failed, who took it up."""
    from waakvlam.commands.pages import show

    show(config, page, as_json=format_ is ListFormat.JSON)


@pages.command("try", epilog="Example: waakvlam pages try --config estate.yaml --to anna")
def try_page(
    config: Config,
    to: Annotated[
        list[str] | None, typer.Option(help="Somebody under oncall; repeat for more, everybody without.", metavar="ID")
    ] = None,
) -> None:
    """Send a message that says it is a try by every channel of somebody; exit 1 if one does not take it."""
    from waakvlam.commands.page_try import try_channels

    try_channels(config, to or [])


@pages.command("close", epilog="Example: waakvlam pages close --config estate.yaml page-12")
def close_page(config: Config, page: PageId) -> None:
    """End a page of which Alertmanager does not tell the end; everybody who was told of it is told so."""
    from waakvlam.commands.pages import close

    close(config, page)
