"""Adds the numbers of a CSV file, `number,destination group` in each row, and prints the failed rows and their reasons.

Usage: rows.py http://host:port username password numbers.csv [rows at once]
"""

import csv
import sys

from requests import Session
from requests.auth import HTTPDigestAuth
from zeep import Client
from zeep.transports import Transport

server, username, password, file, *more = sys.argv[1:]
AT_ONCE = int(more[0]) if more else 2000
BASE = "{urn:ietf:params:xml:ns:sppf:base:1}"

session = Session()
session.auth = HTTPDigestAuth(username, password)
client = Client(server + "/sppp/partial?wsdl", transport=Transport(session=session, operation_timeout=300))
TN = client.get_type(BASE + "TNType")


def number(tn, group="", *_):
    return TN(rant="iana-en:222", rar="iana-en:223", tn=tn, dgName=[group] if group else [])


def failures(answer):
    """The server's element is the last one in the ext of each object that failed; zeep knows its type from the WSDL."""
    for detail in answer.detailResult:
        if detail.code != 1000:
            failure = detail.obj.ext._value_1[-1]
            yield failure.index, detail.code, failure.attrName, failure.attrVal


with open(file, newline="") as lines:
    # Rows are counted from 1; a heading and blank lines are none.
    rows = [(row, fields) for row, fields in enumerate(csv.reader(lines), 1) if fields and fields[0] != "number"]
out = csv.writer(sys.stdout, lineterminator="\n")
for start in range(0, len(rows), AT_ONCE):
    some = rows[start : start + AT_ONCE]
    answer = client.service.submitAddRqst(obj=[number(*fields) for _, fields in some])
    if answer.overallResult.code not in (1000, 2100):
        sys.exit(f"row {some[0][0]} and on: {answer.overallResult.code} {answer.overallResult.msg}")
    for index, code, attribute, value in failures(answer):
        out.writerow([some[index - 1][0], code, attribute, value])
