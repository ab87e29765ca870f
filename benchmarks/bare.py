"""tantivy by itself, as the limit beside what is built on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tantivy

from rilo_reader.index import schema as fields

HEAP = 100_000_000


def build_bare(bodies: Sequence[str], directory: Path) -> float:
    """Seconds to index texts that are ready, with positions, by one thread, and nothing else."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(fields.BODY, tokenizer_name=fields.TOKENIZER, index_option="position")
    index = tantivy.Index(builder.build(), path=str(directory))
    index.register_tokenizer(fields.TOKENIZER, fields.make_analyzer())
    documents = []
    for body in bodies:
        document = tantivy.Document()
        document.add_text(fields.BODY, body)
        documents.append(document)
    start = time.perf_counter()
    writer = index.writer(HEAP, num_threads=1)
    for document in documents:
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    return time.perf_counter() - start


def build_whole(documents: Sequence[str], directory: Path) -> float:
    """Seconds to index the documents of a library, all fields, as they are when they are ready.

    Args:
        documents: the JSON of each, whole.
        directory: where to make the index.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    index = tantivy.Index(fields.make_schema(), path=str(directory))
    index.register_tokenizer(fields.TOKENIZER, fields.make_analyzer())
    start = time.perf_counter()
    writer = index.writer(HEAP, num_threads=1)
    for document in documents:
        writer.add_json(document)
    writer.commit()
    writer.wait_merging_threads()
    return time.perf_counter() - start


def ask_bare(index_directory: Path) -> Callable[[str], object]:
    """The plainest question for a beginning that gives the newest 50 and the exact count.

    Args:
        index_directory: a library's; its bodies alone are asked, and no row is read.
    """
    index = tantivy.Index.open(str(index_directory / fields.SCHEMA_VERSION))
    searcher, schema = index.searcher(), index.schema

    def ask(text: str) -> object:
        *whole, last = text.lower().split()
        parts = [tantivy.Query.term_query(schema, fields.BODY, word) for word in whole]
        parts.append(tantivy.Query.regex_query(schema, fields.BODY, f"{last}.*"))
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
        return searcher.search(query, limit=50, order_by_field=fields.ORDER).hits

    return ask
