"""Spans over OTLP/HTTP in protobuf, to where OpenTelemetry's own variables say.

OpenTelemetry's exporter would be two packages more; this is the part of it that we need, on its message types.
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self
from urllib.parse import unquote

import httpx2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from cases.errors import InvalidInputError
from serving.observing.logs import logger

_PATH = "/v1/traces"
_WITHIN_SECONDS = 10.0


class OtlpHttp(SpanExporter):
    """Posts spans to a collector. What is not taken is lost: spans are not worth keeping anybody waiting.

    Args:
        url: Where.
        headers: Beside its own; they may hold a secret.
        timeout: Seconds for one post.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float = _WITHIN_SECONDS) -> None:
        self._url = url
        # No proxy or netrc of the environment has a say in where spans go.
        self._http = httpx2.Client(headers=dict(headers), timeout=timeout, trust_env=False)
        self._failing = False

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Self:
        """As the standard variables say.

        Raises:
            InvalidInputError: They ask for another protocol, or are not written as they must be.
        """
        protocol = _of(environment, "PROTOCOL") or "http/protobuf"
        if protocol != "http/protobuf":
            raise InvalidInputError(
                f"'OTEL_EXPORTER_OTLP_PROTOCOL' must be http/protobuf (got {protocol!r}); set it, or unset it",
                field="OTEL_EXPORTER_OTLP_PROTOCOL",
            )
        url = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
        if not url:
            url = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").rstrip("/") + _PATH
        if not url.startswith(("http://", "https://")):
            raise InvalidInputError(
                "'OTEL_EXPORTER_OTLP_ENDPOINT' must be an http or https URL (got another); correct it or unset it",
                field="OTEL_EXPORTER_OTLP_ENDPOINT",
            )
        return cls(url, _headers(_of(environment, "HEADERS")), _seconds(_of(environment, "TIMEOUT")))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Post `spans`; says in the log when that begins to fail and when it works again."""
        body = encoded(spans).SerializeToString()
        try:
            answer = self._http.post(self._url, content=body, headers={"Content-Type": "application/x-protobuf"})
            why = "" if answer.is_success else str(answer.status_code)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            why = type(error).__name__
        if bool(why) is not self._failing:
            self._failing = bool(why)
            logger.warning("spans are %s", f"not taken ({why})" if why else "taken again")
        return SpanExportResult.FAILURE if why else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the connection."""
        self._http.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here."""
        del timeout_millis
        return True


def encoded(spans: Sequence[ReadableSpan]) -> ExportTraceServiceRequest:
    """The message for `spans`, which are of one process and so of one resource."""
    if not spans:
        return ExportTraceServiceRequest()
    scope = spans[0].instrumentation_scope
    of_scope = ScopeSpans(
        scope=InstrumentationScope(name=scope.name if scope else ""), spans=[_span(span) for span in spans]
    )
    resource = Resource(attributes=_attributes(spans[0].resource.attributes))
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[of_scope])])


def _span(span: ReadableSpan) -> Span:
    context = span.get_span_context() or INVALID_SPAN_CONTEXT
    return Span(
        trace_id=context.trace_id.to_bytes(16, "big"),
        span_id=context.span_id.to_bytes(8, "big"),
        parent_span_id=span.parent.span_id.to_bytes(8, "big") if span.parent else b"",
        name=span.name,
        # The message numbers them from 1, and keeps 0 for an unknown kind.
        kind=Span.SpanKind.ValueType(span.kind.value + 1),
        start_time_unix_nano=span.start_time or 0,
        end_time_unix_nano=span.end_time or 0,
        attributes=_attributes(span.attributes or {}),
        status=Status(code=Status.StatusCode.ValueType(span.status.status_code.value)),
    )


def _attributes(attributes: Mapping[str, object]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: object) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=str(value))


def _of(environment: Mapping[str, str], name: str) -> str:
    """A variable of traces alone, or that of all signals."""
    of_all = environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")
    return environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}", "") or of_all


def _headers(text: str) -> dict[str, str]:
    found = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = pair.partition("=")
        if not (name.strip() and sign):
            raise InvalidInputError(
                "'OTEL_EXPORTER_OTLP_HEADERS' must be name=value between commas (got a part without); correct it",
                field="OTEL_EXPORTER_OTLP_HEADERS",
            )
        found[name.strip()] = unquote(value.strip())
    return found


def _seconds(milliseconds: str) -> float:
    if not milliseconds:
        return _WITHIN_SECONDS
    if not (milliseconds.isdigit() and int(milliseconds) > 0):
        raise InvalidInputError(
            "'OTEL_EXPORTER_OTLP_TIMEOUT' must be milliseconds above 0 (got another); correct it or unset it",
            field="OTEL_EXPORTER_OTLP_TIMEOUT",
        )
    return int(milliseconds) / 1000
