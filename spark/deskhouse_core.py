"""libdeskhouse_core.so from Python: each function of src/capi/deskhouse_core.h, tables as pyarrow record batches."""

from __future__ import annotations

import ctypes
import json
from typing import Any

import pyarrow

ABI = 2
TABLES = ("rows", "rejects", "discards", "blocks")
NO_LIMIT = 2**63 - 1
# sizeof(struct ArrowArray) and sizeof(struct ArrowSchema), which the Arrow format fixes for 64-bit machines.
_ARRAY_BYTES, _SCHEMA_BYTES = 80, 72


class CoreError(Exception):
    """What the library says went wrong."""


class _Request(ctypes.Structure):
    _fields_ = [("config", ctypes.c_char_p), ("project", ctypes.c_char_p), ("source", ctypes.c_char_p),
                ("entity", ctypes.c_char_p), ("columns", ctypes.c_char_p), ("latest_update_us", ctypes.c_int64)]


class Core:
    """One entity of one source. Used by one thread; close it, or use it in a `with`."""

    def __init__(self, library: str, config: str, project: str, source: str, entity: str, columns: str | None = None,
                 latest_update_us: int = NO_LIMIT) -> None:
        self._lib = ctypes.CDLL(library)
        self._lib.deskhouse_core_abi.restype = ctypes.c_int32
        if self._lib.deskhouse_core_abi() != ABI:
            raise CoreError(f"{library} is of another version than this job")
        for name in ("open", "open_files", "add_events", "next", "take", "summary"):
            getattr(self._lib, f"deskhouse_core_{name}").restype = ctypes.c_void_p
        self._core = ctypes.c_void_p()
        request = _Request(config.encode(), project.encode(), source.encode(), entity.encode(),
                           columns.encode() if columns is not None else None, latest_update_us)
        self._call("open", ctypes.byref(request), ctypes.byref(self._core))

    def __enter__(self) -> Core:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._lib.deskhouse_core_close(self._core)
        self._core = ctypes.c_void_p()

    def open_files(self, part: int, parts: int) -> None:
        self._call("open_files", self._core, ctypes.c_int32(part), ctypes.c_int32(parts))

    def add_events(self, topic: str, partition: int, place: int, rows: pyarrow.RecordBatch) -> None:
        """`rows` are the columns offset and value."""
        array, schema = ctypes.create_string_buffer(_ARRAY_BYTES), ctypes.create_string_buffer(_SCHEMA_BYTES)
        rows._export_to_c(ctypes.addressof(array), ctypes.addressof(schema))
        self._call("add_events", self._core, topic.encode(), ctypes.c_int32(partition), ctypes.c_int32(place), array, schema)

    def next(self) -> int:
        """Records of the next batch, 0 at the end."""
        records = ctypes.c_int64()
        self._call("next", self._core, ctypes.byref(records))
        return records.value

    def take(self, table: str) -> pyarrow.RecordBatch:
        array, schema = ctypes.create_string_buffer(_ARRAY_BYTES), ctypes.create_string_buffer(_SCHEMA_BYTES)
        self._call("take", self._core, table.encode(), array, schema)
        return pyarrow.RecordBatch._import_from_c(ctypes.addressof(array), ctypes.addressof(schema))

    def summary(self) -> dict[str, Any]:
        text = ctypes.c_void_p()
        self._call("summary", self._core, ctypes.byref(text))
        return json.loads(self._text(text.value))

    def _text(self, address: int | None) -> str:
        text = ctypes.string_at(address).decode(errors="replace")
        self._lib.deskhouse_core_free(ctypes.c_void_p(address))
        return text

    def _call(self, name: str, *arguments: Any) -> None:
        error = getattr(self._lib, f"deskhouse_core_{name}")(*arguments)
        if error is not None:
            raise CoreError(self._text(error))
