"""Published vectors: what we sign with, and what we sign, are those of the RFCs."""

import base64
import json
import struct
from datetime import UTC, date, datetime

import pytest
import rfc8785
from joserfc import jws
from joserfc.errors import BadSignatureError, SecurityWarning
from joserfc.jwk import OKPKey

from concordat.agreements.parties import SigningKey
from concordat.agreements.signature import verify

# RFC 8037, appendix A: the key (A.1), its thumbprint (A.3), what is signed and its JWS (A.4).
D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
PAYLOAD = b"Example of Ed25519 signing"
JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
PRIVATE = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": D, "x": X})
PUBLIC = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": X})
OLD_NAME = ["EdDSA"]

old_name = pytest.mark.filterwarnings(f"ignore::{SecurityWarning.__module__}.SecurityWarning")


def test_the_key_of_rfc_8037_has_its_thumbprint() -> None:
    assert PRIVATE.thumbprint() == PUBLIC.thumbprint() == THUMBPRINT
    assert PRIVATE.as_dict(private=False)["x"] == X


@old_name
def test_signing_the_example_of_rfc_8037_gives_its_jws() -> None:
    made = jws.serialize_compact({"alg": "EdDSA"}, PAYLOAD, PRIVATE, algorithms=OLD_NAME)
    assert made == JWS


@old_name
def test_the_jws_of_rfc_8037_verifies_and_no_changed_one_does() -> None:
    assert jws.deserialize_compact(JWS, PUBLIC, algorithms=OLD_NAME).payload == PAYLOAD
    header, payload, signature = JWS.split(".")
    forged = f"{header}.{payload}.{signature.replace('h', 'i', 1)}"
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(forged, PUBLIC, algorithms=OLD_NAME)


@pytest.mark.parametrize("kid", ["rfc-8037", THUMBPRINT])
def test_we_refuse_it_because_it_does_not_say_which_curve_and_which_key(kid: str) -> None:
    header, _, signature = JWS.split(".")
    key = SigningKey(kid=kid, x=X, valid_from=date(2020, 1, 1))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert not verify(PAYLOAD, f"{header}..{signature}", [key], at)


# RFC 8785, sections 3.2.2 to 3.2.4 and the test data it refers to.
DOCUMENTS = {
    "arrays": (
        '[\n  56,\n  {\n    "d": true,\n    "10": null,\n    "1": [ ]\n  }\n]',
        '[56,{"1":[],"10":null,"d":true}]',
    ),
    "french": (
        '{"peach": "This sorting order", "péché": "is wrong according to French",'
        ' "pêche": "but canonicalization MUST", "sin": "ignore locale"}',
        '{"peach":"This sorting order","péché":"is wrong according to French",'
        '"pêche":"but canonicalization MUST","sin":"ignore locale"}',
    ),
    "structures": (
        r'{"1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty",'
        ' "a": { }, "111": [ {"e": "yes","E": "no" } ], "A": { }}',
        r'{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},'
        '"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
    ),
    "unicode": (
        r'{"Unnormalized Unicode":"A\u030a"}',
        '{"Unnormalized Unicode":"A\u030a"}',
    ),
    "values": (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r' "string": "\u20ac$\u000F\u000aA'
        r"'"
        r'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}',
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA'
        r"'"
        r'B\"\\\\\"/"}',
    ),
    "weird": (
        r'{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\u000a": "Newline", "1": "One",'
        r' "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley",'
        r' "\u00f6": "Latin Small Letter O With Diaeresis",'
        r' "\ufb33": "Hebrew Letter Dalet With Dagesh", "</script>": "Browser Challenge"}',
        r'{"\n":"Newline","\r":"Carriage Return","1":"One","</script>":"Browser Challenge",'
        '"\x80":"Control\x7f","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",'
        '"\U0001f602":"Smiley","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_rfc_8785_has_its_canonical_bytes(name: str) -> None:
    plain, canonical = DOCUMENTS[name]
    assert rfc8785.dumps(json.loads(plain)) == canonical.encode()


# RFC 8785, appendix B: IEEE 754 doubles and how each is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


def _double(bits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return value


@pytest.mark.parametrize("bits", NUMBERS)
def test_a_number_of_rfc_8785_is_written_as_there(bits: str) -> None:
    assert rfc8785.dumps(_double(bits)) == NUMBERS[bits].encode()


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_what_is_no_number_has_no_canonical_form(bits: str) -> None:
    with pytest.raises(rfc8785.FloatDomainError):
        rfc8785.dumps(_double(bits))


def test_the_header_of_the_example_is_what_it_is_said_to_be() -> None:
    encoded = JWS.partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert header == {"alg": "EdDSA"}
