"""The operations of CORE, and the types of payload that each of them takes.

Source: CAQH CORE Connectivity Rule vC2.2.0. Operations, elements and the types for claims, 999 and TA1 are as other
software that speaks this rule names them; the types for 277CA and remittances follow the same pattern. The 837 of
dentists goes by two names, for two errata of one guide; both are taken.
"""

from __future__ import annotations

from typing import NamedTuple

REAL_TIME, BATCH = "RealTime", "Batch"
SUBMITTED = {
    "X12_837_Request_005010X224A2": "837",
    "X12_837_Request_005010X224A1_2": "837",
    "X12_835_Request_005010X221A1": "835",
}
"""What is submitted: dental claims, remittances; by payload type, the transaction (ST01) that it holds."""
ANSWERS = {
    "X12_TA1_RetrievalRequest_00501X231A1": "ta1",
    "X12_999_RetrievalRequest_005010X231A1": "999",
    "X12_277CA_RetrievalRequest_005010X214": "277ca",
}
"""What asks for an answer to an earlier batch, and for which."""
RESULTS = frozenset({"X12_005010_Request_Batch_Results_835"})
"""What asks for remittances that wait to be fetched."""
RECEIVED = {
    "X12_TA1_SubmissionRequest_00501X231A1": "ta1",
    "X12_999_SubmissionRequest_005010X231A1": "999",
}
"""What says that results have been received, and with which acknowledgement."""
RESPONSES = {
    "ta1": "X12_TA1_Response_00501X231A1",
    "999": "X12_999_Response_005010X231A1",
    "277ca": "X12_277CA_Response_005010X214",
    "835": "X12_835_Response_005010X221A1",
}
"""The payload types of what goes back."""
ERROR_TYPE = "CoreEnvelopeError"
RECEIPT = "X12_BatchReceiptConfirmation"
CONFIRMED = "X12_Response_ConfirmReceiptReceived"
NO_RESULTS = "X12_005010_Response_NoBatchResultsFile"
"""What goes back without a payload: an error, a receipt, that an acknowledgement was received, that nothing waits."""


class Operation(NamedTuple):
    """request, response: the elements of a SOAP body. mode: ProcessingMode. types: PayloadTypes that it takes.

    brings: whether a request has a payload; else it asks for one.
    """

    request: str
    response: str
    mode: str
    types: frozenset[str]
    brings: bool


_SUBMIT = Operation(
    "COREEnvelopeBatchSubmission", "COREEnvelopeBatchSubmissionResponse", BATCH, frozenset(SUBMITTED), True
)
_RESULTS = Operation(
    "COREEnvelopeBatchResultsRetrievalRequest",
    "COREEnvelopeBatchResultsRetrievalResponse",
    BATCH,
    RESULTS | frozenset(ANSWERS),
    False,
)
_RECEIVED = Operation(
    "COREEnvelopeBatchResultsAckSubmission",
    "COREEnvelopeBatchResultsAckSubmissionResponse",
    BATCH,
    frozenset(RECEIVED),
    True,
)
OPERATIONS = {
    "RealTimeTransaction": Operation(
        "COREEnvelopeRealTimeRequest", "COREEnvelopeRealTimeResponse", REAL_TIME, frozenset(SUBMITTED), True
    ),
    "BatchSubmitTransaction": _SUBMIT,
    "BatchSubmitAckRetrievalTransaction": Operation(
        "COREEnvelopeBatchSubmissionAckRetrievalRequest",
        "COREEnvelopeBatchSubmissionAckRetrievalResponse",
        BATCH,
        frozenset(ANSWERS),
        False,
    ),
    "BatchResultsRetrievalTransaction": _RESULTS,
    "BatchResultsAckSubmitTransaction": _RECEIVED,
    "GenericBatchSubmissionTransaction": _SUBMIT,
    "GenericBatchRetrievalTransaction": _RESULTS,
    "GenericBatchReceiptConfirmationTransaction": _RECEIVED,
}
"""By their names in the WSDL. The generic ones have the messages of the others: PayloadType says what is meant."""


def operation_of(mode: str, kind: str) -> Operation:
    """The operation that is meant where only ProcessingMode and PayloadType tell."""
    if mode != BATCH:
        return OPERATIONS["RealTimeTransaction"]
    return next((one for one in OPERATIONS.values() if one.mode == BATCH and kind in one.types), _SUBMIT)
