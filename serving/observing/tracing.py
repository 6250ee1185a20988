"""Spans by OpenTelemetry, where somebody asked for them in its own standard variables; otherwise nothing is loaded,
kept or sent.

    request ─┬─ score      from handing cases to the scorer to their scores
             └─ store      one transaction of the record

Names and attributes are route templates, ids, numbers and names of our own functions. A span says that something
failed, and by which type of error; what the error says is not in it.

BentoML has a tracer of its own, off by default; ours has nothing to do with it, or with the process-wide one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

    from serving.api.route_templates import Matched

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SCOPE = "caseload"
_FLUSH_MILLISECONDS = 3_000

Attribute = str | int | float | bool


class _Tracing:
    """What this process traces with; nothing until it is started."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None
        self.provider: TracerProvider | None = None


_tracing = _Tracing()
_current: ContextVar[Span | None] = ContextVar("caseload_span", default=None)


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether spans were asked for."""
    named = any(environment.get(name) for name in ENDPOINTS)
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return named and not off and environment.get("OTEL_TRACES_EXPORTER", "otlp") == "otlp"


def start(environment: Mapping[str, str] = os.environ) -> None:
    """Trace from here on, if that is wanted. Once a process; it sends from a thread of its own.

    Raises:
        InvalidInputError: A standard variable asks for what we cannot do.
        ImportError: OpenTelemetry is not installed.
    """
    if not wanted(environment) or _tracing.provider is not None:
        return
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from serving.observing.otlp import OtlpHttp

    resource = Resource.create()  # of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "caseload"}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OtlpHttp.of_environment(environment)))
    _tracing.provider, _tracing.tracer = provider, provider.get_tracer(_SCOPE)


def stop() -> None:
    """Send what is left, for at most some seconds, and trace no more."""
    if _tracing.provider is not None:
        _tracing.provider.force_flush(_FLUSH_MILLISECONDS)
        _tracing.provider.shutdown()
    _tracing.provider = _tracing.tracer = None


def current_trace_id() -> str:
    """The trace that is being added to, 32 hexadecimal digits; empty where none is."""
    span = _current.get()
    return "" if span is None else _hex(span)


class RequestSpan:
    """The span of a request, or nothing where there is no tracing."""

    __slots__ = ("_span", "trace_id")

    def __init__(self, span: Span | None = None) -> None:
        self._span = span
        self.trace_id = "" if span is None else _hex(span)

    def answered(self, status: int) -> None:
        """Say what was answered; 0: nothing."""
        if self._span is None:
            return
        from opentelemetry.trace import Status, StatusCode

        if status:
            self._span.set_attribute("http.response.status_code", status)
        if not status or status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))


@contextmanager
def request(route: Matched, scope: Mapping[str, Any]) -> Iterator[RequestSpan]:
    """While a request is being answered; it goes on with the trace that its `traceparent` names."""
    if _tracing.tracer is None:
        yield RequestSpan()
        return
    from opentelemetry.trace import SpanKind

    span = _tracing.tracer.start_span(
        f"{route.method} {route.template}",
        context=_remote(scope),
        kind=SpanKind.SERVER,
        attributes={
            "http.request.method": route.method,
            "http.route": route.template,
            **{f"caseload.{name}": value for name, value in route.ids.items()},
        },
    )
    with _inside(span):
        yield RequestSpan(span)


@contextmanager
def step(name: str, **attributes: Attribute) -> Iterator[None]:
    """While something is done for a request; outside of one it is nothing, or each look at the clock were a trace."""
    parent = _current.get()
    if parent is None or _tracing.tracer is None:
        yield
        return
    from opentelemetry.trace import set_span_in_context

    told = {f"caseload.{key}": value for key, value in attributes.items()}
    with _inside(_tracing.tracer.start_span(name, context=set_span_in_context(parent), attributes=told)):
        yield


@contextmanager
def _inside(span: Span) -> Iterator[None]:
    token = _current.set(span)
    try:
        yield
    except BaseException as error:
        from opentelemetry.trace import Status, StatusCode

        # Not record_exception, which would send the message, too.
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        _current.reset(token)
        span.end()


def store_step(name: str) -> AbstractContextManager[None]:
    """While the record is read or written; `name` is the store's method."""
    return step("store", step=name)


def _remote(scope: Mapping[str, Any]) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    given = Headers(scope=dict(scope)).getlist("traceparent")
    carrier = {"traceparent": given[0]} if len(given) == 1 else {}
    return TraceContextTextMapPropagator().extract(carrier, context=Context())


def _hex(span: Span) -> str:
    return format(span.get_span_context().trace_id, "032x")
