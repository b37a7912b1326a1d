"""The reader of search filters: what it takes, where it says a text is wrong, and what goes over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder
from pyasn1_modules import rfc2251

from collector.ldap_filter import parse_filter
from collector.ldap_messages import Search, search_request
from collector.probes.ldap import LdapOptions
from tests.collector.looking import read

PLACES: dict[str, str] = {
    "": "at its end: a filter begins with (",
    "a=b": "at character 1 ('a'): a filter begins with (",
    "(a=b": "at its end: a ) is missing",
    "(a=b)x": "at character 6 ('x'): the filter ends before this",
    "(a=b)(c=d)": "at character 6 ('('): the filter ends before this",
    "()": "at character 2 (')'): an attribute begins with a letter",
    "(&)": "at character 3 (')'): a filter begins with (",
    "(|(a=b)c)": "at character 8 ('c'): here comes another filter in parentheses, or the )",
    "(|(a=b) (c=d))": "at character 8 (' '): here comes another filter in parentheses, or the )",
    "(!(a=b)(c=d))": "at character 8 ('('): a ) is missing",
    "((a=b))": "at character 2 ('('): an attribute begins with a letter",
    "(1a=b)": "at character 2 ('1'): an attribute begins with a letter",
    "( a=b)": "at character 2 (' '): an attribute begins with a letter",
    "(a b=c)": "at character 3 (' '): after an attribute comes =, >=, <=, ~= or :=",
    "(a>b)": "at character 3 ('>'): after an attribute comes",
    "(a>=*)": "at character 5 ('*'): an * belongs after = alone",
    "(a=b**c)": "at character 4 ('b'): there is nothing between two *",
    "(a=**)": "at character 4 ('*'): there is nothing between two *",
    "(a=(b))": "at character 4 ('('): write \\28 for (",
    "(a=b\0)": "at character 5 ('\\x00'): write \\28 for (",
    "(a=\\4)": "at character 4 ('\\\\'): after \\ come two hexadecimal digits",
    "(a=\\zz)": "at character 4 ('\\\\'): after \\ come two hexadecimal digits",
    "(:=a)": "at character 2 (':'): give an attribute, a matching rule or both",
    "(a:b=c)": "at character 5 ('='): after a matching rule comes :=",
    "(a:dn:1x:=c)": "at character 7 ('1'): a matching rule begins with a letter",
    "(&" * 21 + "(a=b)" + ")" * 21: "filters are nested deeper than 20",
    "(a=" + "b" * 4000 + ")": "is longer than 4000 characters",
}


@pytest.mark.parametrize("text", PLACES)
def test_a_filter_that_is_wrong_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_filter(text)
    assert PLACES[text] in str(refused.value)
    if text:
        with pytest.raises(ValueError, match="filter"):
            read(LdapOptions, {"host": "a", "filter": text})


TAKEN = [
    "(objectClass=*)",
    "(cn=Els de Wit)",
    "(cn=Zo\\c3\\ab)",
    "(o=)",
    "(cn=*)",
    "(cn=a*)",
    "(cn=*a)",
    "(cn=*a*)",
    "(cn=a*b*c*d)",
    "(cn;lang-nl=x)",
    "(2.5.4.3=x)",
    "(uidNumber>=1000)",
    "(uidNumber<=1000)",
    "(cn~=jansen)",
    "(cn:=x)",
    "(cn:caseExactMatch:=x)",
    "(cn:dn:2.5.13.5:=x)",
    "(:caseExactMatch:=x)",
    "(:dn:2.5.13.5:=x)",
    "(userAccountControl:1.2.840.113556.1.4.803:=2)",
    "(!(a=b))",
    "(&(a=b)(c=d))",
    "(|(a=b)(!(c=d)))",
]


@pytest.mark.parametrize("text", TAKEN)
def test_a_library_of_another_hand_reads_the_same_filter(text: str) -> None:
    assert as_read(text) == text


def as_read(text: str) -> str:
    """`text` as it arrives: encoded by us, decoded by the library, and written down again."""
    request = search_request(3, Search("dc=example", "sub", text, 300, 5))
    message, rest = decoder.decode(request, asn1Spec=rfc2251.LDAPMessage())
    assert not rest
    search = message["protocolOp"]["searchRequest"]
    assert (int(message["messageID"]), int(search["scope"]), int(search["sizeLimit"])) == (3, 2, 300)
    assert (int(search["timeLimit"]), bool(search["typesOnly"])) == (5, True)
    assert [bytes(name) for name in search["attributes"]] == [b"1.1"]
    assert bytes(search["baseObject"]) == b"dc=example"
    return written(search["filter"])


RELATIONS = {"equalityMatch": "=", "greaterOrEqual": ">=", "lessOrEqual": "<=", "approxMatch": "~="}


def written(node: Any) -> str:
    """A filter of the library in the form of RFC 4515."""
    kind = node.getName()
    content = node[kind]
    if kind in ("and", "or"):
        return f"({'&' if kind == 'and' else '|'}{''.join(written(part) for part in content)})"
    if kind == "not":
        return f"(!{written(content)})"
    if kind == "present":
        return f"({bytes(content).decode()}=*)"
    if kind == "substrings":
        pieces = [(piece.getName(), value(piece[piece.getName()])) for piece in content["substrings"]]
        first = pieces.pop(0)[1] if pieces[0][0] == "initial" else ""
        last = pieces.pop()[1] if pieces and pieces[-1][0] == "final" else ""
        return f"({bytes(content['type']).decode()}={'*'.join([first, *(text for _, text in pieces), last])})"
    if kind == "extensibleMatch":
        name = bytes(content["type"]).decode() if content["type"].hasValue() else ""
        rule = f":{bytes(content['matchingRule']).decode()}" if content["matchingRule"].hasValue() else ""
        return f"({name}{':dn' if content['dnAttributes'] else ''}{rule}:={value(content['matchValue'])})"
    return f"({bytes(content['attributeDesc']).decode()}{RELATIONS[kind]}{value(content['assertionValue'])})"


def value(content: Any) -> str:
    """Octets with an escape for what is not plain."""
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte == 32 else f"\\{byte:02x}" for byte in bytes(content)
    )


VALUES = st.binary(max_size=6).map(value)
PIECES = st.binary(min_size=1, max_size=4).map(value)
NAMES = st.sampled_from(["cn", "sn;lang-nl", "2.5.4.3", "x-y"])
ITEMS = st.one_of(
    st.tuples(NAMES, st.sampled_from(["=", ">=", "<=", "~="]), VALUES).map(lambda parts: f"({''.join(parts)})"),
    NAMES.map(lambda name: f"({name}=*)"),
    st.tuples(NAMES, VALUES, st.lists(PIECES, max_size=3), PIECES).map(
        lambda parts: f"({parts[0]}={'*'.join([parts[1], *parts[2], parts[3]])})"
    ),
)
# The library's schema ends at the third level.
FILTERS = st.one_of(
    ITEMS,
    ITEMS.map(lambda item: f"(!{item})"),
    st.tuples(st.sampled_from("&|"), st.lists(ITEMS, min_size=1, max_size=4)).map(
        lambda parts: f"({parts[0]}{''.join(parts[1])})"
    ),
)


@given(FILTERS)
def test_every_filter_arrives_as_it_was_written(text: str) -> None:
    assert as_read(text) == text


@given(st.text(alphabet="()&|!=*<>~:\\ab1. dn\0é", max_size=30))
def test_any_text_is_a_filter_or_refused_with_a_sentence(text: str) -> None:
    try:
        parse_filter(text)
    except ValueError as error:
        assert str(error).startswith("is no search filter: at ")
    else:
        assert search_request(1, Search("", "base", text, 1, 1))
