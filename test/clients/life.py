"""The life of a peering with zeep (https://docs.python-zeep.org), printed line by line on standard output.

Usage: [LOGINS=sppp-data/demo-logins] life.py http://host:port 1.1|1.2

LOGINS names a file with a user name and a password a line; without it, passwords are the user names.
"""

import os
import sys
from datetime import datetime

from isodate import UTC  # Python's own is written as +00:00, but SPPP has Z only (RFC 7877 section 3.2).
from requests import Session
from requests.auth import HTTPDigestAuth
from zeep import Client
from zeep.transports import Transport

BASE = "{urn:ietf:params:xml:ns:sppf:base:1}"
SOAP = "{urn:ietf:params:xml:ns:sppf:soap:1}"
SSP2, SSP2_REGISTRAR, SSP3 = "iana-en:222", "iana-en:223", "iana-en:225"

server, version = sys.argv[1:]
port = {"1.1": "spppPort", "1.2": "spppSoap12Port"}[version]


logins = {}
if "LOGINS" in os.environ:
    with open(os.environ["LOGINS"], encoding="utf-8") as file:
        logins = dict(line.rstrip("\n").split(" ", 1) for line in file)


def connect(username, path="/sppp"):
    session = Session()
    session.auth = HTTPDigestAuth(username, logins.get(username, username))
    client = Client(server + path + "?wsdl", transport=Transport(session=session))
    return client, client.bind("spppService", port)


client, ssp2 = connect("ssp2r")
_, ssp3 = connect("ssp3")
_, ssp2_partial = connect("ssp2r", "/sppp/partial")


def new(type_name, /, **values):
    """A value of a named type; zeep writes its xsi:type wherever the WSDL's type is another."""
    return client.get_type(type_name)(**values)


def ours(type_name, **values):
    return new(BASE + type_name, rant=SSP2, rar=SSP2_REGISTRAR, **values)


def key(kind, name, rant=SSP2):
    return new(SOAP + "ObjKeyType", rant=rant, name=name, type=kind)


def number_key(kind, value):
    return new(SOAP + "PubIdKeyType", rant=SSP2, number=dict(value=value, type=kind))


def range_key(start, end):
    return new(SOAP + "PubIdKeyType", rant=SSP2, range=dict(startRange=start, endRange=end))


def type_of(value):
    return type(value).__name__


def show(step, answer, *more):
    result = answer.overallResult
    print(step + ":", result.code, result.msg, *more)
    # zeep gives the details of a batch as a list of choices, those of other operations as a list.
    for detail in getattr(answer, "detailResult", None) or []:
        show_detail("detailResult", detail)
    for choice in getattr(answer, "_value_1", None) or []:
        for name, detail in choice.items():
            show_detail(name, detail)


def show_detail(element, detail):
    about = next(value for value in (getattr(detail, name, None) for name in ("obj", "objKey", "sedGrpOfferKey")) if value)
    print(" ", element, type_of(about), detail.code, detail.msg)


# Status ----------------------------------------------------------------------------------------------------------

answer = ssp2.submitServerStatusRqst()
show("status", answer, answer.svcMenu.serverStatus, " ".join(answer.svcMenu.majMinVersion))

# What SSP2 has ---------------------------------------------------------------------------------------------------

show("add destination group", ssp2.submitAddRqst(clientTransId="life-1", obj=[ours("DestGrpType", dgName="DG_LIFE")]))
show(
    "add SED record",
    ssp2.submitAddRqst(
        obj=[
            ours(
                "NAPTRType",
                sedName="SED_LIFE",
                isInSvc=True,
                order=10,
                flags="u",
                svcs="E2U+sip",
                regx=dict(ere="^(.*)$", repl=r"sip:\1@sbe1.ssp2.example"),
            )
        ]
    ),
)
show(
    "add SED group",
    ssp2.submitAddRqst(
        obj=[
            ours(
                "SedGrpType",
                sedGrpName="SG_LIFE",
                sedRecRef=[dict(sedKey=key("SedRec", "SED_LIFE"), priority=100)],
                dgName=["DG_LIFE"],
                isInSvc=True,
                priority=10,
            )
        ]
    ),
)
show(
    "add numbers",
    ssp2.submitAddRqst(
        obj=[
            ours("TNType", dgName=["DG_LIFE"], tn="+12025550100", corInfo=dict(corClaim=True)),
            ours("TNRType", dgName=["DG_LIFE"], range=dict(startRange="+12025551000", endRange="+12025551999")),
        ]
    ),
)

# The peering -----------------------------------------------------------------------------------------------------

offer_key = new(SOAP + "SedGrpOfferKeyType", sedGrpKey=key("SedGrp", "SG_LIFE"), offeredTo=SSP3)
show(
    "offer",
    ssp2.submitAddRqst(
        obj=[
            ours(
                "SedGrpOfferType",
                sedGrpOfferKey=offer_key,
                status="offered",
                offerDateTime=datetime.now(UTC).replace(microsecond=0),
            )
        ]
    ),
)
answer = ssp3.submitGetSedGrpOffersRqst(offeredTo=[SSP3], status="offered")
show("the peer's open offers", answer, *[offer.sedGrpOfferKey.sedGrpKey.name for offer in answer.resultObj])
show("the peer accepts", ssp3.submitAcceptRqst(sedGrpOfferKey=[offer_key]))
answer = ssp3.submitGetRqst(objKey=[key("SedGrp", "SG_LIFE"), key("SedRec", "SED_LIFE")])
group, record = answer.resultObj
show("the peer reads", answer, type_of(group), *group.peeringOrg, type_of(record), record.regx.repl)
route = new(
    BASE + "EgrRteType",
    rant=SSP3,
    rar=SSP3,
    egrRteName="ER_LIFE",
    pref=50,
    regxRewriteRule=dict(ere="^(.*@)(.*)$", repl=r"\1\2?route=egress.ssp3.example"),
    ingrSedGrp=[key("SedGrp", "SG_LIFE")],
)
show("the peer's egress route", ssp3.submitAddRqst(obj=[route]))
answer = ssp3.submitGetRqst(objKey=[key("EgrRte", "ER_LIFE", SSP3)])
show("the peer reads", answer, type_of(answer.resultObj[0]), answer.resultObj[0].ingrSedGrp[0].name)
answer = ssp2.submitGetSedGrpOffersRqst(sedGrpOfferKey=[offer_key])
show("the offer", answer, answer.resultObj[0].status)

# Changes ---------------------------------------------------------------------------------------------------------

# What Get returned can be added again.
answer = ssp2.submitGetRqst(objKey=[key("SedGrp", "SG_LIFE"), number_key("TN", "+12025550100")])
show("add the read objects again", ssp2.submitAddRqst(obj=answer.resultObj))

# In the order in which they stand, one verb as often as wanted.
show(
    "batch",
    ssp2.submitBatchRqst(
        _value_1=[
            dict(addObj=ours("TNPType", dgName=["DG_LIFE"], tnPrefix="+1202556")),
            dict(delObj=range_key("+12025551000", "+12025551999")),
            dict(addObj=ours("RNType", dgName=["DG_LIFE"], rn="2025550000")),
            dict(delObj=number_key("TNPrefix", "+1202556")),
        ]
    ),
)
show(
    "batch with a mistake",
    ssp2.submitBatchRqst(
        _value_1=[
            dict(addObj=ours("DestGrpType", dgName="DG_OTHER")),
            dict(delObj=number_key("TNPrefix", "+1202556")),
        ]
    ),
)
numbers = [ours("TNType", dgName=["DG_LIFE"], tn=tn) for tn in ("+12025550101", "+1202555ABCD", "+12025550103")]
show("numbers with a mistake", ssp2.submitAddRqst(obj=numbers))
show("the same in part", ssp2_partial.submitAddRqst(obj=numbers))
answer = ssp2.submitGetRqst(
    objKey=[number_key("TN", "+12025550101"), number_key("TN", "+12025550103"), key("DestGrp", "DG_OTHER")]
)
show("get", answer, *[number.tn for number in answer.resultObj])

# The end ---------------------------------------------------------------------------------------------------------

show("the peer rejects", ssp3.submitRejectRqst(sedGrpOfferKey=[offer_key]))
show("the peer deletes", ssp3.submitDelRqst(objKey=[key("EgrRte", "ER_LIFE", SSP3)]))
everything = [
    key("SedGrp", "SG_LIFE"),
    key("SedRec", "SED_LIFE"),
    key("DestGrp", "DG_LIFE"),
    number_key("TN", "+12025550100"),
    number_key("RN", "2025550000"),
    number_key("TN", "+12025550101"),
    number_key("TN", "+12025550103"),
]
show("delete", ssp2.submitDelRqst(objKey=everything))
show("delete again", ssp2.submitDelRqst(objKey=everything))
answer = ssp2.submitGetRqst(objKey=everything)
show("get", answer, len(answer.resultObj), "objects")
