import sys

from requests import Session
from requests.auth import HTTPDigestAuth
from zeep import Client
from zeep.transports import Transport

server, username, password = sys.argv[1:]
BASE = "{urn:ietf:params:xml:ns:sppf:base:1}"

session = Session()
session.auth = HTTPDigestAuth(username, password)


def connect(path):
    """The mode is in the URL of the WSDL; the address of the service is in the WSDL."""
    return Client(server + path + "?wsdl", transport=Transport(session=session, operation_timeout=300))


def show(answer):
    print(answer.overallResult.code, answer.overallResult.msg)
    for detail in answer.detailResult:
        print(type(detail.obj).__name__, detail.code, detail.msg)


client = connect("/sppp")
DestGrp = client.get_type(BASE + "DestGrpType")
group = DestGrp(rant="iana-en:222", rar="iana-en:223", dgName="DG_FIRST")
show(client.service.submitAddRqst(clientTransId="first-1", obj=[group]))

client = connect("/sppp/partial")
TN = client.get_type(BASE + "TNType")
numbers = [
    TN(rant="iana-en:222", rar="iana-en:223", dgName=["DG_FIRST"], tn=tn) for tn in ("+12025550100", "+1202555ABCD")
]
show(client.service.submitAddRqst(clientTransId="first-2", obj=numbers))
