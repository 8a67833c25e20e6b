"""The tables of paper registers: books, their pages, the records on them, and what finds a person again.

A book has one key, under which its masters, copies, readings, keyings and records lie sealed: registers are kept for
good, so nothing of them is erased one by one. Searches and what is found are sealed under the vault's search key.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from schemas.tables import NONE, instant, metadata

books = Table(
    "books",  # paper registers; what is written in them lies sealed under the key of the book
    metadata,
    Column("book_id", BigInteger, Identity(), primary_key=True),
    Column("book_kind", Text, nullable=False),  # KS, KT, KH, CMC, HN
    Column("opened_year", SmallInteger, nullable=False),
    Column("book_number", Text, nullable=False),
    Column("place_as_written", Text, nullable=False),
    Column("place_code", Text),  # the unit that registered it, of its time
    Column("province_code", Text, nullable=False),  # of today: who may see the book
    Column("commune_code", Text),  # of today; null: it was divided, or is not known
    Column("state", Text, nullable=False, server_default="intake"),  # intake, keying, sampling, accepted
    Column("design", Text, nullable=False, server_default="two_persons"),  # whose keyings are compared
    Column("recogniser_code", Text),  # whose readings are the second key; null: two persons
    Column("form_code", Text),
    Column("is_tightened", Boolean, nullable=False, server_default="false"),  # it was rejected: sampled more strictly
    Column("wrapped", LargeBinary, nullable=False),
    instant("opened_at", now=True),
    UniqueConstraint("province_code", "place_as_written", "book_kind", "opened_year", "book_number", name="uq_books"),
)

scans = Table(
    "scans",  # masters, as they came
    metadata,
    Column("scan_id", BigInteger, Identity(), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("books.book_id"), nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("reason_code", Text),  # why nothing could be taken from it; null: its pages are there
    instant("received_at", now=True),
    Column("name_sealed", LargeBinary, nullable=False),  # a file's name may name a person
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("book_id", "sha256"),
)

uploads = Table(
    "uploads",  # files handed in at the desk, until they are examined; they lie in a folder meanwhile
    metadata,
    Column("upload_id", BigInteger, Identity(), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("books.book_id")),  # null: held rows of a keyed file, corrected
    Column("fixes_load_id", BigInteger),  # the load of which they are
    Column("folder", Text, nullable=False, unique=True),  # its name in the place of uploads; says nothing
    Column("files", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("replaces", BigInteger),  # the page that is set aside, for a better scan of it
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="received"),  # received, examined, stopped
    Column("reason_code", Text),  # why nothing was taken in
    Column("counts", JSONB, nullable=False, server_default=NONE),  # scans, pages, set_aside, refused, repeated
    Column("attempts", SmallInteger, nullable=False, server_default="0"),  # how often the examination was begun
    instant("received_at", now=True),
    instant("examined_at", nullable=True),
    Index("ix_uploads_book_id", "book_id", "upload_id"),
    Index("ix_uploads_fixes_load_id", "fixes_load_id", postgresql_where=text("fixes_load_id IS NOT NULL")),
)

pages = Table(
    "pages",
    metadata,
    Column("page_id", BigInteger, Identity(), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("books.book_id"), nullable=False),
    Column("scan_id", BigInteger, ForeignKey("scans.scan_id"), nullable=False),
    Column("scan_page", Integer, nullable=False),  # from 0: which page of its file
    Column("page_number", Integer, nullable=False),  # from 1: its place in the book
    Column("state", Text, nullable=False, server_default="received"),  # received, fitted, read, set_aside, replaced
    Column("reason_code", Text),  # why it is set aside
    Column("form_code", Text),
    Column("fit", JSONB),  # how the page lies on its form, and the residual in millimetres
    Column("fault_codes", ARRAY(Text), nullable=False, server_default=NONE),  # what makes it hard to read
    Column("fingerprint", LargeBinary),  # of the image: its digest, then its perceptual hash
    Column("attempts", SmallInteger, nullable=False, server_default="0"),  # how often a reading was begun
    Column("sealed_copy", LargeBinary),  # the access copy, about 100 kB
    Column("facing_page_id", BigInteger),  # the page over which its records go on
    UniqueConstraint("scan_id", "scan_page"),
    Index("ix_pages_book_id", "book_id", "page_number"),
    Index("ix_pages_facing_page_id", "facing_page_id", postgresql_where=text("facing_page_id IS NOT NULL")),
)

register_forms = Table(
    "register_forms",  # editions of forms that were drawn at the desk; none is ever changed
    metadata,
    Column("form_id", BigInteger, Identity(), primary_key=True),
    Column("form_code", Text, nullable=False, unique=True),
    Column("form_name", Text, nullable=False),  # of all editions of the form
    Column("edition", SmallInteger, nullable=False),
    Column("book_kind", Text, nullable=False),
    Column("place_code", Text, nullable=False, server_default=""),  # of today: for whose books; "" for all
    Column("definition", JSONB, nullable=False),  # of `schemas.register_forms.RegisterForm`: geometry only
    Column("page_id", BigInteger),  # the page on which it was drawn
    Column("saved_by", Text, nullable=False),
    instant("saved_at", now=True),
    UniqueConstraint("form_name", "edition", name="uq_register_forms_edition"),
)

records = Table(
    "records",  # one entry of a book
    metadata,
    Column("record_id", BigInteger, Identity(), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("books.book_id"), nullable=False),
    Column("page_id", BigInteger),  # null: it came in a keyed file and has no page yet
    Column("row_number", SmallInteger, nullable=False, server_default="0"),  # from 1 in a table; 0: the whole page
    Column("load_id", BigInteger),  # the keyed file that it came in
    Column("line_number", Integer),  # its row in that file
    Column("entry_number", Text),  # số: as written
    Column("state", Text, nullable=False),
    Column("is_wanted", Boolean, nullable=False, server_default="false"),  # somebody needs it: keyed before others
    Column(
        "is_known", Boolean, nullable=False, server_default="false"
    ),  # two persons key it: machines are measured by it
    Column("fault_codes", ARRAY(Text), nullable=False, server_default=NONE),  # checks that found fault
    Column("content_sha256", LargeBinary),  # of the row of a keyed file, keyed by the vault
    Column("dossier_id", BigInteger, ForeignKey("dossiers.dossier_id")),
    Column("sealed", LargeBinary),  # the values that count, by column
    Index("ix_records_book_id", "book_id", "state"),
    Index("ix_records_page_id", "page_id", postgresql_where=text("page_id IS NOT NULL")),
    Index("ix_records_wanted", "book_id", postgresql_where=text("is_wanted AND state IN ('unkeyed', 'first_keyed')")),
    Index(
        "uq_records_content",
        "book_id",
        "content_sha256",
        unique=True,
        postgresql_where=text("content_sha256 IS NOT NULL"),
    ),
    Index("ix_records_dossier_id", "dossier_id", unique=True, postgresql_where=text("dossier_id IS NOT NULL")),
)

readings = Table(
    "readings",  # what a machine read: for searching, and hidden from who keys
    metadata,
    Column("record_id", BigInteger, ForeignKey("records.record_id"), primary_key=True),
    Column("recogniser_code", Text, primary_key=True),
    instant("read_at", now=True),
    Column("sealed", LargeBinary, nullable=False),
)

keyings = Table(
    "keyings",
    metadata,
    Column("keying_id", BigInteger, Identity(), primary_key=True),
    Column("record_id", BigInteger, ForeignKey("records.record_id"), nullable=False),
    Column("round_number", SmallInteger, nullable=False, server_default="1"),  # a rejected book is keyed again
    Column("slot", Text, nullable=False),  # first, second, third
    Column("keyed_by", Text, nullable=False),
    instant("started_at"),
    instant("kept_at", nullable=True),  # null: somebody is at it until leased_until
    instant("leased_until", nullable=True),
    Column("sealed", LargeBinary),
    UniqueConstraint("record_id", "round_number", "slot"),
    Index("ix_keyings_keyed_by", "keyed_by", "kept_at"),
)

samples = Table(
    "samples",  # the fields that decide about a book
    metadata,
    Column("sample_id", BigInteger, Identity(), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("books.book_id"), nullable=False),
    Column("plan_code", Text, nullable=False),
    instant("drawn_at", now=True),
    Column("fields", JSONB, nullable=False),  # of `schemas.sampling.SampledField`: codes and verdicts only
    Column("decided_as", Text),  # accepted, rejected
    Column("decided_by", Text),
    instant("decided_at", nullable=True),
    Column("sealed", LargeBinary),  # what was keyed at the second look, and the reason of who decided
    Index("ix_samples_book_id", "book_id"),
    Index("uq_samples_open", "book_id", unique=True, postgresql_where=text("decided_as IS NULL")),
)

loads = Table(
    "loads",  # keyed files on their way in
    metadata,
    Column("load_id", BigInteger, Identity(), primary_key=True),
    Column("file_sha256", LargeBinary, nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="running"),  # running, done
    Column("position", BigInteger, nullable=False, server_default="0"),  # rows that are in
    Column("counts", JSONB, nullable=False, server_default=NONE),  # loaded, held, repeated; and by reason
    Column("actor", Text, nullable=False),
    instant("started_at", now=True),
    instant("finished_at", nullable=True),
    Column("name_sealed", LargeBinary),  # a file's name may name a person; null while nobody has described the load
    Column("book_kind", Text),
    Column("province_code", Text),  # of today: who sees its held rows
    Column("commune_code", Text),
    Column("fixes_load_id", BigInteger),  # the load whose held rows its file has, corrected
)

held_rows = Table(
    "held_rows",  # rows of keyed files that are no entry: a person sees them
    metadata,
    Column("load_id", BigInteger, ForeignKey("loads.load_id"), primary_key=True),
    Column("line_number", Integer, primary_key=True),
    Column("reason_codes", ARRAY(Text), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("fixed_in_load_id", BigInteger),  # its corrected row came in this load, and is in or held there
)

searchables = Table(
    "searchables",  # keyed digests of syllables: names are found without one being legible here
    metadata,
    Column("subject_kind", Text, primary_key=True),  # reading, record, dossier
    Column("subject_id", BigInteger, primary_key=True),
    Column("province_code", Text, nullable=False),
    Column("commune_code", Text),
    Column("year", SmallInteger),
    Column("tokens", ARRAY(BigInteger), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # what a hit shows, and what hits are ordered by
    Index("ix_searchables_tokens", "tokens", postgresql_using="gin"),
    Index("ix_searchables_province_code", "province_code", "year"),
)

searches = Table(
    "searches",  # who searched for whom, and why
    metadata,
    Column("search_id", BigInteger, Identity(), primary_key=True),
    Column("actor", Text, nullable=False),
    instant("searched_at", now=True),
    Column("hits", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the words
)

extracts = Table(
    "extracts",  # data of certified copies that were given out
    metadata,
    Column("extract_id", BigInteger, Identity(), primary_key=True),
    Column("record_id", BigInteger, ForeignKey("records.record_id"), nullable=False),
    Column("asked_by", Text, nullable=False),
    instant("made_at", now=True),
    Column("sealed", LargeBinary, nullable=False),  # for whom, and why
    Index("ix_extracts_record_id", "record_id"),
)

book_pdfs = Table(
    "book_pdfs",  # searchable copies of books, the newest of each, made when somebody asks
    metadata,
    Column("book_id", BigInteger, ForeignKey("books.book_id"), primary_key=True, autoincrement=False),
    Column("asked_by", Text, nullable=False),
    instant("asked_at", now=True),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),  # how often making it was begun
    instant("made_at", nullable=True),  # null: it is waited for, or could not be made
    Column("page_count", Integer),
    Column("reason_code", Text),  # why it could not be made
)

book_pdf_parts = Table(
    "book_pdf_parts",  # the bytes of a searchable copy, some megabytes each
    metadata,
    Column("book_id", BigInteger, ForeignKey("book_pdfs.book_id"), primary_key=True, autoincrement=False),
    Column("part_number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
