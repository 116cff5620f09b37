"""Adds the numbers of a CSV file (columns tn and dgName) and writes the verdict on each line beside it.

Usage: SPPP_PASSWORD=… push.py https://sppp.example.net user rant rar numbers.csv
"""

import csv
import os
import sys

from requests import Session
from requests.auth import HTTPDigestAuth
from zeep import Client
from zeep.transports import Transport

server, user, rant, rar, file = sys.argv[1:]
AT_ONCE = 2000

session = Session()
session.auth = HTTPDigestAuth(user, os.environ["SPPP_PASSWORD"])
client = Client(server + "/sppp/partial?wsdl", transport=Transport(session=session, operation_timeout=300))
TN = client.get_type("{urn:ietf:params:xml:ns:sppf:base:1}TNType")


def verdicts(rows):
    """Sends some rows and returns code and message of each, in their order."""
    objects = [TN(rant=rant, rar=rar, tn=row["tn"], dgName=list(filter(None, [row["dgName"]]))) for row in rows]
    answer = client.service.submitAddRqst(obj=objects)
    overall = answer.overallResult
    if overall.code not in (1000, 2100):
        sys.exit(f"nothing of these rows is done: {overall.code} {overall.msg}")
    told = [(1000, "")] * len(rows)
    for detail in answer.detailResult:
        if detail.code != 1000:
            failure = detail.obj.ext._value_1[-1]  # index counts from 1
            told[failure.index - 1] = (detail.code, detail.msg)
    return told


with open(file, newline="") as source, open(file + ".results.csv", "w", newline="") as target:
    reader = csv.DictReader(source)
    rows = [(reader.line_num, row) for row in reader]
    results = csv.writer(target, lineterminator="\n")
    results.writerow(["line", "key", "code", "reason"])
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        for (line, row), (code, reason) in zip(some, verdicts([row for _, row in some])):
            results.writerow([line, row["tn"], code, reason])
