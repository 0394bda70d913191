"""Webhooks go by https to names on the public internet, and nowhere else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.errors import Invalid
from oms.notifications.safe_address import CheckAddress, Reach, UnsafeAddress, is_public, look_up

PUBLIC = ["93.184.215.14"]
INSIDE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",  # metadata at Alibaba
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # what Azure keeps for itself
    "169.254.169.254",  # metadata at AWS, Google, Azure
    "169.254.170.2",  # credentials of a container
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",  # metadata at Oracle
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata at AWS
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
]
TEXTS = [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    "https://",
    "https:///path",
    "https://user@hooks.example.com/",
    "https://user:word@hooks.example.com/",
    "https://@hooks.example.com/",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:/%0d%0aHost:/#x",
    "https://hooks.example.com/#fragment",
    "https://hooks.example.com\\@10.0.0.1/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nHost: inside",
    "https://hooks.example.com/\t",
    "https://h\u00f6oks.example.com/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://localhost/",
    "https://localhost./",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.0x1/",
    "https://1.1.1.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:4700::1]/",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://hooks.example.com/" + "a" * 2048,
]


def public(host: str, port: int) -> list[str]:
    return PUBLIC


@pytest.mark.parametrize("url", TEXTS)
def test_what_is_no_plain_https_url_of_a_name_is_refused_by_its_text(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        Reach().target(url)


def test_a_plain_url_is_taken_apart() -> None:
    target = Reach().target("https://Hooks.Example.com:443/oms?key=1")
    assert (target.host, target.port, target.path) == ("hooks.example.com", 443, "/oms?key=1")
    assert Reach().target("https://hooks.example.com").path == "/"


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_one_address_inside_among_others_spoils_the_name(address: str) -> None:
    reach = Reach()
    target = reach.target("https://hooks.example.com/")
    for found in ([address], [*PUBLIC, address], [address, *PUBLIC]):
        with pytest.raises(UnsafeAddress):
            reach.addresses(target, lambda host, port, found=found: found)


def test_a_name_without_an_address_is_refused() -> None:
    check = CheckAddress(Reach(), lambda host, port: [])
    with pytest.raises(Invalid) as refused:
        check("https://nobody.example.com/")
    assert refused.value.code == "unsafe-url"
    assert [each.pointer for each in refused.value.errors] == ["/url"]


def test_a_good_url_passes() -> None:
    CheckAddress(Reach(), public)("https://hooks.example.com/oms")


def test_the_local_stage_reaches_this_machine_and_no_other_stage_does() -> None:
    url = "http://127.0.0.1:9003/hooks"
    CheckAddress(Reach(this_machine=True), lambda host, port: [host])(url)
    with pytest.raises(Invalid):
        CheckAddress(Reach(), lambda host, port: [host])(url)


def test_a_name_that_nobody_has_resolves_to_nothing() -> None:
    assert look_up("\udc80", 443) == []
    assert look_up("a" * 300, 443) == []


# --- all forms of all addresses ----------------------------------------------------------


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """An IPv4 address as resolvers of some system or other read it."""
    octets = list(draw(st.ip_addresses(v=4)).packed)
    parts = draw(st.integers(1, 4))
    last = int.from_bytes(bytes(octets[parts - 1 :]), "big")
    forms = st.sampled_from(["{}", "0x{:x}", "0{:o}", "0X{:X}", "00{:o}"])
    return ".".join(draw(forms).format(each) for each in [*octets[: parts - 1], last])


@given(spelled(), st.sampled_from(["", "."]))
def test_no_spelling_of_an_ipv4_address_passes_for_a_name(host: str, dot: str) -> None:
    with pytest.raises(UnsafeAddress):
        Reach().target(f"https://{host}{dot}/")


@given(st.ip_addresses(v=6), st.sampled_from(["", "%25eth0", "%eth0", "%1"]))
def test_no_ipv6_address_passes_for_a_name(address: IPv6Address, scope: str) -> None:
    for text in (address.compressed, address.exploded):
        with pytest.raises(UnsafeAddress):
            Reach().target(f"https://[{text}{scope}]/")


@given(st.ip_addresses(v=4))
def test_whatever_python_keeps_inside_is_inside(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_public(str(address))


@given(st.ip_addresses(v=6))
def test_so_it_is_for_ipv6(address: IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_public(str(address))


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::{}", "64:ff9b::{}", "64:ff9b:1::{}"]))
def test_an_ipv4_address_in_the_clothes_of_ipv6_is_inside(address: IPv4Address, form: str) -> None:
    assert not is_public(form.format(address))


@given(st.ip_addresses(v=6), st.sampled_from(["eth0", "1", "lo"]))
def test_a_scope_means_this_machine(address: IPv6Address, scope: str) -> None:
    assert not is_public(f"{address}%{scope}")


@given(st.text(max_size=80))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}.example.com/{text}"):
        try:
            host = Reach().target(url).host
        except UnsafeAddress:
            continue
        assert host.isascii()
        with pytest.raises(ValueError):
            ip_address(host)
