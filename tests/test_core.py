"""CORE vC2.2.0: an independent SOAP client and plain MIME get what the rule promises, and each claim goes on once."""

import hashlib
import http.client
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from tests.remittances import remittance

import bitewing
from bitewing.edi.compose import compose
from bitewing.transforms.example import parse_claims

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from bitewing.serve.core.envelope import Said
from bitewing.serve.core.operations import OPERATIONS
from bitewing.serve.core.outbox import Outbox, Submission
from bitewing.serve.core.parts import parts_of
from bitewing.serve.core.results import Results
from bitewing.serve.core.service import Core
from bitewing.serve.problem import Problem
from bitewing.serve.serving import Serving
from bitewing.serve.work import Work

TOKEN = "a-token-for-tests-only"
CLAIMS = "X12_837_Request_005010X224A2"
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
REFUSED = DAMAGED.replace(b"CLM*C1*78", b"CLM*C1*x")
FIELDS = {
    "PayloadType": CLAIMS,
    "ProcessingMode": "RealTime",
    "PayloadID": "one",
    "TimeStamp": "2026-03-02T10:00:00Z",
    "SenderID": "HospitalA",
    "ReceiverID": "PayerB",
    "CORERuleVersion": "2.2.0",
}
SOAP = "http://www.w3.org/2003/05/soap-envelope"
CORE = "http://www.caqh.org/SOAP/WSDL/CORERule2.2.0.xsd"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


class Server:
    def __init__(self, folder: Path, *more: str) -> None:
        self.folder, self.outbox, self.acks = folder, folder / "outbox", folder / "acks"
        self.results = folder / "results"
        for one in (self.outbox, self.acks, self.results):
            one.mkdir(exist_ok=True)
        (folder / "token").write_text(TOKEN)
        words = ["-m", "bitewing", "serve", "--port", "0", "--token-file", str(folder / "token"), *more]
        words += ["--ledger", str(folder / "runs.sqlite"), "--core", str(self.outbox), "--acks", str(self.acks)]
        words += ["--core-results", str(self.results)]
        self._errors = (folder / "said").open("wb")
        self.process = subprocess.Popen([sys.executable, *words], stderr=self._errors)
        until = time.monotonic() + 20
        while not (found := re.search(r"127\.0\.0\.1:(\d+)", (folder / "said").read_text())):
            assert self.process.poll() is None, (folder / "said").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        self.port = int(found[1])

    def post(self, path: str, body: bytes, kind: str) -> tuple[int, str, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        link.request("POST", path, body, {"Content-Type": kind})
        answer = link.getresponse()
        found = answer.status, answer.headers.get("Content-Type", ""), answer.read()
        link.close()
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self._errors.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("core"), "--mode", "apply")
    yield one
    one.stop()


def batch(data: bytes, **fields: str) -> dict[str, str]:
    size, check = str(len(data)), hashlib.sha1(data).hexdigest()
    return FIELDS | {"ProcessingMode": "Batch", "PayloadLength": size, "CheckSum": check} | fields


def mime(server: Server, fields: dict[str, str], data: bytes | None, password: str = TOKEN) -> dict[str, bytes]:
    """A request as multipart/form-data, and the fields of its reply."""
    sent = [*((name, value.encode()) for name, value in fields.items())]
    sent += [("UserName", b"bitewing"), ("Password", password.encode())]
    sent += [("Payload", data)] if data is not None else []
    body = b"".join(
        b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in sent
    )
    status, kind, answer = server.post("/core/mime", body + b"--xx--\r\n", 'multipart/form-data; boundary="xx"')
    assert status == 200, answer
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + answer)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message.iter_parts()  # type: ignore[attr-defined]
    }


def outbox(server: Server, ending: str = "837") -> list[bytes]:
    return [path.read_bytes() for path in server.outbox.glob(f"*.{ending}")]


# ---------------------------------------------------------------------------------------------------------------- MIME


def test_claims_in_real_time_are_answered_and_go_on_once(server: Server) -> None:
    first = mime(server, FIELDS | {"PayloadID": "real-time"}, DAMAGED)
    again = mime(server, FIELDS | {"PayloadID": "real-time"}, DAMAGED)

    assert (first["PayloadType"], first["ErrorCode"]) == (b"X12_277CA_Response_005010X214", b"Success")
    assert b"ST*277*" in first["Payload"]
    assert first["Payload"] == again["Payload"]
    assert (first["SenderID"], first["ReceiverID"]) == (b"PayerB", b"HospitalA")
    assert outbox(server).count(bitewing.repair(DAMAGED).data) == 1


def test_what_was_collected_is_not_put_out_again(server: Server) -> None:
    mime(server, FIELDS | {"PayloadID": "collected"}, DAMAGED)
    for path in server.outbox.glob("*.837"):
        path.unlink()
    mime(server, FIELDS | {"PayloadID": "collected"}, DAMAGED)

    assert outbox(server) == []
    assert list((server.outbox / ".bitewing").iterdir()) == []


def test_a_batch_is_received_and_its_answers_are_fetched(server: Server) -> None:
    receipt = mime(server, batch(REFUSED, PayloadID="batch"), REFUSED)
    assert (receipt["PayloadType"], receipt["ErrorCode"]) == (b"X12_BatchReceiptConfirmation", b"Success")
    for asked, answered, segment in (
        ("X12_TA1_RetrievalRequest_00501X231A1", b"X12_TA1_Response_00501X231A1", b"~TA1*"),
        ("X12_999_RetrievalRequest_005010X231A1", b"X12_999_Response_005010X231A1", b"~ST*999*"),
        ("X12_277CA_RetrievalRequest_005010X214", b"X12_277CA_Response_005010X214", b"~ST*277*"),
    ):
        fields = FIELDS | {"ProcessingMode": "Batch", "PayloadType": asked}
        found = mime(server, fields | {"PayloadID": "batch"}, None)
        assert (found["PayloadType"], found["ErrorCode"]) == (answered, b"Success")
        assert segment in found["Payload"]
        assert found["CheckSum"].decode() == hashlib.sha1(found["Payload"]).hexdigest()
        assert mime(server, fields | {"PayloadID": "other"}, None)["ErrorCode"] == b"PayloadIDIllegal"
        stranger = mime(server, fields | {"PayloadID": "batch", "SenderID": "Other"}, None)
        assert stranger["ErrorCode"] == b"PayloadIDIllegal"


ERRORS = {
    **{f"{name}Required": {name: ""} for name in FIELDS if name != "ProcessingMode"},
    "VersionMismatch": {"CORERuleVersion": "4.0.0"},
    "PayloadTypeIllegal": {"PayloadType": "X12_270_Request_005010X279A1"},
    "PayloadIDIllegal": {"PayloadID": "two words"},
    "TimeStampIllegal": {"TimeStamp": "yesterday"},
    "SenderIDIllegal": {"SenderID": "\u00fc"},
    "ReceiverIDIllegal": {"ReceiverID": "x" * 101},
    "ProcessingModeIllegal": {"ProcessingMode": "Slow"},
    "PayloadLengthIllegal": batch(DAMAGED, PayloadLength="1"),
    "PayloadLengthRequired": batch(DAMAGED, PayloadLength=""),
    "CheckSumRequired": batch(DAMAGED, CheckSum=""),
    "CheckSumIllegal": batch(DAMAGED, CheckSum="x"),
    "ChecksumMismatched": batch(DAMAGED, CheckSum="0" * 40),
}


@pytest.mark.parametrize("code", ERRORS)
def test_each_error_has_the_name_that_core_gives_it(server: Server, code: str) -> None:
    before = len(outbox(server))
    found = mime(server, FIELDS | {"PayloadID": "wrong"} | ERRORS[code], DAMAGED)

    assert (found["PayloadType"], found["ErrorCode"].decode()) == (b"CoreEnvelopeError", code)
    assert "Payload" not in found
    assert len(outbox(server)) == before


def test_who_is_not_known_is_told_so_and_nothing_else(server: Server) -> None:
    found = mime(server, FIELDS | {"PayloadID": "two words"}, DAMAGED, "wrong")

    assert (found["ErrorCode"], found["PayloadType"]) == (b"UnAuthorized", b"CoreEnvelopeError")


def test_a_payload_is_required_and_is_of_one_id(server: Server) -> None:
    assert mime(server, FIELDS | {"PayloadID": "empty"}, None)["ErrorCode"] == b"PayloadRequired"
    mime(server, FIELDS | {"PayloadID": "used"}, DAMAGED)
    assert mime(server, FIELDS | {"PayloadID": "used"}, REFUSED)["ErrorCode"] == b"PayloadIDIllegal"


def test_what_is_refused_does_not_go_on_and_what_is_received_does(server: Server) -> None:
    for path in server.outbox.glob("*.837"):
        path.unlink()
    mixed = DAMAGED + DAMAGED.replace(b"*T*:~", b"*P*:~")
    for mode in ("RealTime", "Batch"):
        junk = FIELDS if mode == "RealTime" else batch(b"no interchange")
        refused = mime(server, junk | {"PayloadID": f"junk-{mode}"}, b"no interchange")
        assert (refused["ErrorCode"], outbox(server)) == (b"PayloadIllegal", [])
    passed = mime(server, FIELDS | {"PayloadID": "mixed"}, mixed)

    assert (passed["PayloadType"], passed["ErrorCode"]) == (b"X12_BatchReceiptConfirmation", b"Success")
    assert outbox(server) == [mixed]
    kept = b"".join(path.read_bytes() for path in server.folder.glob("runs.sqlite*"))
    assert b"no interchange" not in kept


def test_a_key_over_http_is_no_submission_over_core(server: Server) -> None:
    mime(server, FIELDS | {"PayloadID": "collide"}, DAMAGED)
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    head = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/edi-x12"}
    link.request("POST", "/v1/process", REFUSED, head | {"Idempotency-Key": "core HospitalA collide"})

    assert link.getresponse().status == 200
    link.close()


def test_parts_are_read_byte_for_byte() -> None:
    data = bytes(range(256)) * 3 + b"\r\n\n\r--x\r\n--xy\x85\x1c\x1d\r\r\n~"
    body = b'--xx\r\nContent-Disposition: form-data; name="Payload"\r\n\r\n' + data + b"\r\n--xx--\r\n"

    ((_, found),) = parts_of(body, 'multipart/form-data; boundary="xx"')
    assert found == data


def test_one_id_sent_often_at_once_goes_on_once(server: Server) -> None:
    for path in server.outbox.glob("*.837"):
        path.unlink()
    found: list[bytes] = []

    def send() -> None:
        found.append(mime(server, FIELDS | {"PayloadID": "often"}, DAMAGED)["Payload"])

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(set(found)) == 1
    assert outbox(server) == [bitewing.repair(DAMAGED).data]
    assert list((server.outbox / ".bitewing").iterdir()) == []


def test_after_a_restart_the_answer_is_the_same_and_nothing_goes_on_again(tmp_path: Path) -> None:
    said = []
    for _ in range(2):
        one = Server(tmp_path, "--mode", "apply")
        said.append(mime(one, FIELDS, DAMAGED)["Payload"])
        for path in one.outbox.glob("*.837"):
            said.append(path.read_bytes())
            path.unlink()
        one.stop()

    assert said == [said[0], bitewing.repair(DAMAGED).data, said[0]]


@pytest.mark.parametrize("step", ["stage", "publish"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_fails_on_the_way_out_is_made_good_when_it_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    for name in ("outbox", "acks"):
        (tmp_path / name).mkdir()
    policy = bitewing.Policy(mode=bitewing.Mode.APPLY)
    serving = Serving(policy, tmp_path / "runs.sqlite", TOKEN.encode(), lambda: datetime(2026, 3, 2))
    work = Work(serving)
    places = Outbox(tmp_path / "outbox", tmp_path / "acks"), Results(None, work)
    core = Core(work, *places, "bitewing", TOKEN.encode())
    sent = OPERATIONS["RealTimeTransaction"], Said(FIELDS, DAMAGED), "bitewing", TOKEN
    found = getattr(Submission, step)

    def failing(*arguments: Any) -> None:
        if when == "after":
            found(*arguments)
        raise OSError(28, "full")

    with monkeypatch.context() as patch:
        patch.setattr(Submission, step, failing)
        with pytest.raises(Problem) as caught:
            core.answer(*sent)
        assert caught.value.status == 503
    for _ in range(3):
        assert core.answer(*sent).error == "Success"

    assert [path.read_bytes() for path in (tmp_path / "outbox").glob("*.837")] == [bitewing.repair(DAMAGED).data]
    assert list((tmp_path / "outbox" / ".bitewing").iterdir()) == []


# --------------------------------------------------------------------------------------------------------- remittances

REMIT = remittance([{"clp01": "C1", "clp02": "1", "clp03": "78.00", "clp04": "78.00", "svc": []}], trace="TRACE1")
RESULTS = FIELDS | {"ProcessingMode": "Batch", "PayloadType": "X12_005010_Request_Batch_Results_835"}


def acknowledged(data: bytes) -> bytes:
    """The 999 with which somebody answers a remittance."""
    policy = bitewing.Policy(mode=bitewing.Mode.PROPOSE)
    done = bitewing.process(data, policy=policy, clock=lambda: datetime(2026, 3, 2), ids=lambda _: 7)
    return done.acks["999"]


@pytest.fixture
def waiting(server: Server) -> Iterator[Path]:
    """The folder of results: two remittances, one that is not all there yet, and what is none."""
    (server.results / "0.837").write_bytes(DAMAGED)
    for number, data in enumerate((REMIT, REMIT.replace(b"TRACE1", b"TRACE2"), REMIT[:-20])):
        (server.results / f"{number}.835").write_bytes(data)
    yield server.results
    for path in server.results.glob("*.83?"):
        path.unlink()


def test_a_remittance_in_real_time_is_answered_and_goes_on_as_it_is(server: Server) -> None:
    fields = FIELDS | {"PayloadType": "X12_835_Request_005010X221A1", "PayloadID": "remit"}
    first, again = mime(server, fields, REMIT), mime(server, fields, REMIT)

    assert (first["PayloadType"], first["ErrorCode"]) == (b"X12_999_Response_005010X231A1", b"Success")
    assert b"~AK1*HP*" in first["Payload"]
    assert first["Payload"] == again["Payload"]
    assert outbox(server, "835") == [REMIT]


def test_a_batch_of_remittances_is_received_and_its_answers_are_fetched(server: Server) -> None:
    data = REMIT.replace(b"TRACE1", b"BATCHED")
    sent = batch(data, PayloadID="remits", PayloadType="X12_835_Request_005010X221A1")
    receipt = mime(server, sent, data)
    ask = FIELDS | {"ProcessingMode": "Batch", "PayloadID": "remits"}
    told = mime(server, ask | {"PayloadType": "X12_999_RetrievalRequest_005010X231A1"}, None)
    interchange = mime(server, ask | {"PayloadType": "X12_TA1_RetrievalRequest_00501X231A1"}, None)
    none = mime(server, ask | {"PayloadType": "X12_277CA_RetrievalRequest_005010X214"}, None)

    assert (receipt["PayloadType"], receipt["ErrorCode"]) == (b"X12_BatchReceiptConfirmation", b"Success")
    assert b"~AK1*HP*" in told["Payload"]
    assert b"~TA1*" in interchange["Payload"]
    assert none["ErrorCode"] == b"PayloadTypeIllegal"
    assert data in outbox(server, "835")


@pytest.mark.parametrize(("kind", "data"), [(CLAIMS, REMIT), ("X12_835_Request_005010X221A1", DAMAGED)])
def test_a_payload_of_another_kind_than_is_said_does_not_go_on(server: Server, kind: str, data: bytes) -> None:
    before = len(list(server.outbox.iterdir()))
    found = mime(server, FIELDS | {"PayloadType": kind, "PayloadID": "other-kind"}, data)

    assert (found["ErrorCode"], len(list(server.outbox.iterdir()))) == (b"PayloadIllegal", before)


def test_both_names_of_the_dental_claim_are_taken(server: Server) -> None:
    for number, kind in enumerate(("X12_837_Request_005010X224A2", "X12_837_Request_005010X224A1_2")):
        found = mime(server, FIELDS | {"PayloadType": kind, "PayloadID": f"name-{number}"}, DAMAGED)
        assert found["ErrorCode"] == b"Success"


def test_results_wait_until_they_are_acknowledged(server: Server, waiting: Path) -> None:
    first = mime(server, RESULTS | {"PayloadID": "r1"}, None)
    unacknowledged = mime(server, RESULTS | {"PayloadID": "r2"}, None)
    ack = acknowledged(REMIT)
    sent = batch(ack, PayloadID="r1", PayloadType="X12_999_SubmissionRequest_005010X231A1")
    for _ in range(2):  # it may come twice, and goes on once
        said = mime(server, sent, ack)
        assert (said["PayloadType"], said["ErrorCode"]) == (b"X12_Response_ConfirmReceiptReceived", b"Success")
    second = mime(server, RESULTS | {"PayloadID": "r3"}, None)
    again = mime(server, RESULTS | {"PayloadID": "r1"}, None)

    assert (first["PayloadType"], first["Payload"]) == (b"X12_835_Response_005010X221A1", REMIT)
    assert first["CheckSum"].decode() == hashlib.sha1(REMIT).hexdigest()
    assert unacknowledged["Payload"] == again["Payload"] == REMIT
    assert second["Payload"] == REMIT.replace(b"TRACE1", b"TRACE2")
    assert outbox(server, "999") == [ack]
    assert sorted(path.name for path in waiting.glob("*.835")) == ["1.835", "2.835"]


def test_where_nothing_waits_that_is_said_and_what_is_not_whole_is_no_result(server: Server) -> None:
    (server.results / "part.835").write_bytes(REMIT[:-20])
    found = mime(server, RESULTS | {"PayloadID": "r9"}, None)
    (server.results / "part.835").unlink()

    assert (found["PayloadType"], found["ErrorCode"]) == (b"X12_005010_Response_NoBatchResultsFile", b"Success")
    assert "Payload" not in found


def test_an_interchange_acknowledgement_of_results_goes_on(server: Server, waiting: Path) -> None:
    mime(server, RESULTS | {"PayloadID": "r5"}, None)
    ta1 = acknowledged(REMIT)
    ta1 = ta1[: ta1.index(b"GS*")] + b"TA1*000000101*260302*1000*A*000~IEA*0*" + ta1[90:99] + b"~"
    kind = "X12_TA1_SubmissionRequest_00501X231A1"
    said = mime(server, batch(ta1, PayloadID="r5", PayloadType=kind), ta1)

    assert (said["PayloadType"], outbox(server, "ta1")) == (b"X12_Response_ConfirmReceiptReceived", [ta1])


def test_an_acknowledgement_of_nothing_or_that_is_none_is_refused(server: Server, waiting: Path) -> None:
    ack, kind = acknowledged(REMIT), "X12_999_SubmissionRequest_005010X231A1"
    stranger = mime(server, batch(ack, PayloadID="never-fetched", PayloadType=kind), ack)
    mime(server, RESULTS | {"PayloadID": "r7"}, None)
    none = mime(server, batch(REMIT, PayloadID="r7", PayloadType=kind), REMIT)
    wrong = mime(server, batch(ack, PayloadID="r7", PayloadType=kind, CheckSum="0" * 40), ack)

    assert stranger["ErrorCode"] == b"PayloadIDIllegal"
    assert none["ErrorCode"] == b"PayloadIllegal"
    assert wrong["ErrorCode"] == b"ChecksumMismatched"
    assert len(list(waiting.glob("*.835"))) == 3


def test_shadow_changes_nothing_and_answers_all_the_same(tmp_path: Path) -> None:
    one = Server(tmp_path)
    try:
        assert mime(one, FIELDS, DAMAGED)["PayloadType"] == b"X12_277CA_Response_005010X214"
        assert outbox(one) == [DAMAGED]
    finally:
        one.stop()


# ---------------------------------------------------------------------------------------------------------------- SOAP


@pytest.fixture
def client(server: Server) -> Any:
    zeep = pytest.importorskip("zeep")
    username = pytest.importorskip("zeep.wsse.username")
    address = f"http://127.0.0.1:{server.port}/core/wsdl"
    return zeep.Client(address, wsse=username.UsernameToken("bitewing", TOKEN))


def test_an_independent_client_sends_claims_in_real_time(client: Any, server: Server) -> None:
    fields = FIELDS | {"PayloadID": "zeep-real-time", "Payload": DAMAGED.decode("latin-1")}
    found = client.service.RealTimeTransaction(**fields)

    assert (found.PayloadType, found.ErrorCode) == ("X12_277CA_Response_005010X214", "Success")
    assert "ST*277*" in found.Payload
    assert bitewing.repair(DAMAGED).data in outbox(server)


def test_an_independent_client_sends_a_batch_and_fetches_its_answers(client: Any) -> None:
    fields: dict[str, Any] = batch(REFUSED, PayloadID="zeep-batch")
    fields |= {"PayloadLength": len(REFUSED), "Payload": REFUSED}
    receipt = client.service.BatchSubmitTransaction(**fields)
    head = FIELDS | {"ProcessingMode": "Batch", "PayloadID": "zeep-batch"}
    told = client.service.BatchSubmitAckRetrievalTransaction(
        **head | {"PayloadType": "X12_999_RetrievalRequest_005010X231A1"}
    )
    claims = client.service.BatchResultsRetrievalTransaction(
        **head | {"PayloadType": "X12_277CA_RetrievalRequest_005010X214"}
    )

    assert (receipt.PayloadType, receipt.ErrorCode) == ("X12_BatchReceiptConfirmation", "Success")
    assert b"~ST*999*" in told.Payload
    assert b"~ST*277*" in claims.Payload
    assert told.PayloadLength == len(told.Payload)


@pytest.mark.parametrize("generic", [False, True], ids=["by name", "generic"])
def test_an_independent_client_sends_remittances_fetches_results_and_acknowledges_them(
    client: Any, server: Server, waiting: Path, generic: bool
) -> None:
    service, name = client.service, f"zeep-{generic}"
    submit = service.GenericBatchSubmissionTransaction if generic else service.BatchSubmitTransaction
    fetch = service.GenericBatchRetrievalTransaction if generic else service.BatchResultsRetrievalTransaction
    received = (
        service.GenericBatchReceiptConfirmationTransaction if generic else service.BatchResultsAckSubmitTransaction
    )
    sent: dict[str, Any] = batch(REMIT, PayloadID=name, PayloadType="X12_835_Request_005010X221A1")
    receipt = submit(**sent | {"PayloadLength": len(REMIT), "Payload": REMIT})
    told = fetch(**RESULTS | {"PayloadType": "X12_999_RetrievalRequest_005010X231A1", "PayloadID": name})
    found = fetch(**RESULTS | {"PayloadID": name})
    ack = acknowledged(found.Payload)
    said: dict[str, Any] = batch(ack, PayloadID=name, PayloadType="X12_999_SubmissionRequest_005010X231A1")
    confirmed = received(**said | {"PayloadLength": len(ack), "Payload": ack})

    assert (receipt.PayloadType, receipt.ErrorCode) == ("X12_BatchReceiptConfirmation", "Success")
    assert b"~AK1*HP*" in told.Payload
    assert (found.PayloadType, found.Payload) == ("X12_835_Response_005010X221A1", REMIT)
    assert (confirmed.PayloadType, confirmed.ErrorCode) == ("X12_Response_ConfirmReceiptReceived", "Success")
    assert sorted(path.name for path in waiting.glob("*.835")) == ["1.835", "2.835"]


def test_an_independent_client_sends_a_remittance_in_real_time(client: Any) -> None:
    fields = FIELDS | {"PayloadID": "zeep-remit", "PayloadType": "X12_835_Request_005010X221A1"}
    found = client.service.RealTimeTransaction(**fields, Payload=REMIT.decode())

    assert (found.PayloadType, found.ErrorCode) == ("X12_999_Response_005010X231A1", "Success")


def test_the_description_names_every_operation_of_the_rule(client: Any) -> None:
    (binding,) = client.wsdl.bindings.values()

    assert (
        set(binding._operations)
        == set(OPERATIONS)
        >= {
            *("RealTimeTransaction", "BatchSubmitTransaction", "BatchSubmitAckRetrievalTransaction"),
            *("BatchResultsRetrievalTransaction", "BatchResultsAckSubmitTransaction"),
        }
    )


def test_an_independent_client_is_told_what_is_wrong(client: Any) -> None:
    found = client.service.RealTimeTransaction(**FIELDS | {"CORERuleVersion": "1.0", "Payload": "x"})

    assert (found.PayloadType, found.ErrorCode) == ("CoreEnvelopeError", "VersionMismatch")


def envelope(
    payload: str, *, mode: str = "RealTime", name: str = "COREEnvelopeRealTimeRequest", more: str = ""
) -> bytes:
    said = FIELDS | {"ProcessingMode": mode, "PayloadID": "by-hand" + hashlib.sha1(payload.encode()).hexdigest()[:8]}
    fields = "".join(f"<{one}>{value}</{one}>" for one, value in said.items())
    token = f"<w:UsernameToken><w:Username>bitewing</w:Username><w:Password>{TOKEN}</w:Password></w:UsernameToken>"
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header><w:Security xmlns:w="{WSSE}" s:mustUnderstand="true">{token}'
        f'</w:Security></s:Header><s:Body><c:{name} xmlns:c="{CORE}">{fields}{more}<Payload>{payload}</Payload>'
        f"</c:{name}></s:Body></s:Envelope>"
    ).encode()


def soap(server: Server, body: bytes) -> tuple[int, bytes]:
    status, kind, answer = server.post("/core/soap", body, "application/soap+xml; charset=utf-8")
    assert kind.startswith("application/soap+xml")
    return status, answer


def test_a_payload_in_cdata_is_taken_as_it_is(server: Server) -> None:
    status, answer = soap(server, envelope(f"<![CDATA[{DAMAGED.decode()}]]>"))

    assert (status, b"<ErrorCode>Success</ErrorCode>" in answer) == (200, True)


def test_an_attached_payload_is_read_and_answers_come_attached(server: Server) -> None:
    size = f"<PayloadLength>{len(DAMAGED)}</PayloadLength><CheckSum>{hashlib.sha1(DAMAGED).hexdigest()}</CheckSum>"
    include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:p@x"/>'
    root = envelope(include, mode="Batch", name="COREEnvelopeBatchSubmission", more=size)
    body = b"--bb\r\nContent-Type: application/xop+xml\r\nContent-ID: <r@x>\r\n\r\n" + root
    body += (
        b"\r\n--bb\r\nContent-Type: application/octet-stream\r\nContent-ID: <p@x>\r\n\r\n" + DAMAGED + b"\r\n--bb--\r\n"
    )
    status, kind, answer = server.post(
        "/core/soap", body, 'multipart/related; type="application/xop+xml"; start="<r@x>"; boundary="bb"'
    )

    assert (status, kind.startswith("multipart/related")) == (200, True)
    assert b"X12_BatchReceiptConfirmation" in answer
    assert b"<ErrorCode>Success</ErrorCode>" in answer


def test_delimiters_that_no_document_can_hold_come_and_go_attached(server: Server) -> None:
    data = DAMAGED.replace(b"*", b"\x1d").replace(b"~", b"\x1c")
    include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:p@x"/>'
    root = envelope(include).replace(b"<PayloadID>", b"<PayloadID>controls")
    body = b"--bb\r\nContent-Type: application/xop+xml\r\nContent-ID: <r@x>\r\n\r\n" + root
    body += (
        b"\r\n--bb\r\nContent-Type: application/octet-stream\r\nContent-ID: <p@x>\r\n\r\n" + data + b"\r\n--bb--\r\n"
    )
    status, _, answer = server.post("/core/soap", body, 'multipart/related; type="application/xop+xml"; boundary="bb"')

    assert (status, b"<ErrorCode>Success</ErrorCode>" in answer) == (200, True)
    assert b"ST\x1d277\x1d" in answer or b"ST*277*" in answer
    assert bitewing.repair(data).data in outbox(server)


BOMB = b'<!DOCTYPE a [<!ENTITY b "cccccccccc">' + b"".join(
    b'<!ENTITY %c "%s">' % (100 + at, b"&%c;" % (99 + at if at else 98) * 10) for at in range(12)
)
HOSTILE = {
    "no XML": b"no XML",
    "nothing": b"",
    "another envelope": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
    "no body": f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(),
    "unknown": f'<s:Envelope xmlns:s="{SOAP}"><s:Body><a/></s:Body></s:Envelope>'.encode(),
    "a document type": b"<!DOCTYPE a>" + envelope("x"),
    "an entity of a file": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + envelope("&e;"),
    "a bomb": BOMB + b"]>" + envelope("&o;"),
    "deep": b"<a>" * 100_000,
    "must be understood": envelope("x").replace(b"<s:Header>", b'<s:Header><o s:mustUnderstand="1"/>'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_request_is_a_fault_and_nothing_is_read_for_it(server: Server, name: str) -> None:
    status, answer = soap(server, HOSTILE[name])

    assert status == 400
    assert b"Fault" in answer
    assert b"root:" not in answer
    assert b"Traceback" not in answer


def test_a_password_digest_is_not_taken_for_a_password(server: Server) -> None:
    body = envelope("x").replace(b"<w:Password>", b'<w:Password Type="urn:other">')

    assert b"<ErrorCode>UnAuthorized</ErrorCode>" in soap(server, body)[1]


def test_a_payload_that_cannot_be_decoded_is_illegal(server: Server) -> None:
    for payload in ("\u2603", "&#x2603;"):
        assert b"<ErrorCode>PayloadIllegal</ErrorCode>" in soap(server, envelope(payload))[1]
    size = "<PayloadLength>3</PayloadLength><CheckSum>" + "0" * 40 + "</CheckSum>"
    body = envelope("***", mode="Batch", name="COREEnvelopeBatchSubmission", more=size)
    assert b"<ErrorCode>PayloadIllegal</ErrorCode>" in soap(server, body)[1]


def test_without_the_folder_there_is_no_core(tmp_path: Path, bitewing_command: Any) -> None:
    (tmp_path / "token").write_text(TOKEN)
    said = bitewing_command(
        *("serve", "--port", 0, "--ledger", tmp_path / "r", "--token-file", tmp_path / "token", "--core", tmp_path)
    )

    assert said.code == 2
    assert "--acks" in said.err
