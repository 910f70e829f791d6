"""Parquet and Arrow IPC, in batches.

PyArrow loads when it is used: it takes a tenth of a second, and most commands read no file of its kinds.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from querist.core.errors import InvalidInput
from querist.formats.files import Source
from querist.formats.table import BATCH_ROWS, RawBatch, TableReader, check_names, no_rows


class _ColumnarTable(TableReader):
    kind: str

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        with self._errors():
            names, n_rows = self._look()
        self.columns = check_names(source.name, tuple(names))
        if n_rows == 0 or not names:
            raise no_rows(source.name)

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """The rows; a list stays a list."""
        self._source.position = 0
        n = 0
        with self._errors():
            for part, share in self._parts(size):
                for start in range(0, part.num_rows, size):
                    batch = part.slice(start, size)
                    lines = list(range(n + 1, n + batch.num_rows + 1))
                    n += batch.num_rows
                    self._source.position = round(share * self._source.size_bytes)
                    columns = {name: _values(batch.column(i)) for i, name in enumerate(self.columns)}
                    yield RawBatch(columns, lines)
        self._source.position = self._source.size_bytes

    @abstractmethod
    def _look(self) -> tuple[list[str], int]:
        """The columns' names and the number of rows; -1 where only reading tells."""

    @abstractmethod
    def _parts(self, size: int) -> Iterator[tuple[Any, float]]:
        """Record batches, each with the share of the file read with it."""

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise InvalidInput(f"{self._source.name}: must be {self.kind}; {error}. Check how it was made.") from None


class ParquetTable(_ColumnarTable):
    """A Parquet file, read row group by row group."""

    kind = "Parquet"

    def _look(self) -> tuple[list[str], int]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self._source.path) as file:
            return file.schema_arrow.names, file.metadata.num_rows

    def _parts(self, size: int) -> Iterator[tuple[Any, float]]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self._source.path) as file:
            n, done = file.metadata.num_rows, 0
            for batch in file.iter_batches(batch_size=size):
                done += batch.num_rows
                yield batch, done / n


class ArrowTable(_ColumnarTable):
    """An Arrow IPC file (also Feather), or a stream."""

    kind = "Arrow IPC"

    def _look(self) -> tuple[list[str], int]:
        import pyarrow as pa

        if _is_stream(self._source):
            with pa.memory_map(str(self._source.path)) as mapped, pa.ipc.open_stream(mapped) as stream:
                return stream.schema.names, any(batch.num_rows for batch in stream) * -1
        with pa.memory_map(str(self._source.path)) as mapped, pa.ipc.open_file(mapped) as file:
            n = any(file.get_batch(i).num_rows for i in range(file.num_record_batches))
            return file.schema.names, -1 if n else 0

    def _parts(self, size: int) -> Iterator[tuple[Any, float]]:
        import pyarrow as pa

        with pa.memory_map(str(self._source.path)) as mapped:
            if _is_stream(self._source):
                with pa.ipc.open_stream(mapped) as stream:
                    for batch in stream:
                        yield batch, mapped.tell() / max(1, self._source.size_bytes)
            else:
                with pa.ipc.open_file(mapped) as file:
                    for i in range(file.num_record_batches):
                        yield file.get_batch(i), (i + 1) / file.num_record_batches


def column_names(source: Source, *, parquet: bool) -> tuple[str, ...]:
    """The names of a file's columns, also where it holds no rows; none where it is no such file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if parquet:
            return tuple(pq.read_schema(source.path).names)
        opened = pa.ipc.open_stream if _is_stream(source) else pa.ipc.open_file
        with pa.memory_map(str(source.path)) as mapped, opened(mapped) as file:
            return tuple(file.schema.names)
    except (pa.ArrowException, OSError):
        return ()


def _is_stream(source: Source) -> bool:
    with source.path.open("rb") as stream:
        return stream.read(6) != b"ARROW1"


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if any(test(kind) for test in (pa.types.is_timestamp, pa.types.is_date, pa.types.is_time, pa.types.is_decimal)):
        column = column.cast(pa.string())  # JSON has no form for them; text loses nothing
    values: list[Any] = column.to_pylist()
    return values
