"""The tables of a shared archive, in the schema `rilo` of a database, and who may do what there.

    log         seq, id, at, bytes, writer, deleted, edited, added, text
    words       at, seq, unsure, tsv        of the newest version of each article, by year of `at`
    long        seq, tsv                    windows of articles that a tsvector cannot hold
    vocabulary  word                        every lexeme in `words`
    tokens      partition, version          of our tokens, for each partition of `words`
    mark        person, field, id, value, stamp, shared, seq

What holds:

- `log` is only appended to. A row is a version of the article `id`; the one with the greatest `seq`
  counts, and where that is `deleted` the article is gone. `text` is the whole file, in which the
  same id stands; "" of one that is deleted. `edited` says that somebody changed what was collected.
- Numbers become visible in their order: a writer takes LOG_LOCK before the first number is
  drawn (a trigger does it for those who forget). So a puller needs only the last one it has read.
- `writer` is who was logged in and `added` when, by the server's clock; nobody can say otherwise,
  since there is no grant on these columns. With `seq`, `added` tells whether the log is still the
  one that a device has read, or was restored from a backup.
- `at` is the sort key of the local index, `index.schema.order_of_article`, in `log` and `words`.
- Who writes an article into `log` writes its rows of `words`, `long` and `vocabulary` in the same
  transaction, with the `seq` that came back; for another's `seq` it is refused. Rows of versions
  before are deleted by the server. Their absence means only that an article is not found there.
- The version of `tokens` is changed, and `vocabulary` gets words, only by who writes words of their
  own in the same transaction.
- A person sees and changes only their own marks; of others those that are `shared`. That is the
  only policy: one on `words` would keep its index from being used.
- Roles of the server, DATABASE_reader, _contributor, _administrator, each with what the one before
  may; members are logins that were granted one. The tables are the administrators'.
- Sizes, and rows and bytes a day (`archive`), are bounded for all but administrators.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from rilo_reader.index.schema import sort_key, to_seconds

VERSION = 1
SCHEMA = "rilo"
LOG_LOCK = "select pg_advisory_xact_lock(1919511663, 1)"  # "rilo"

TEXT_LIMIT = 4_000_000  # bytes of an article; the tsvector of twice as much is refused
ID_LIMIT = 2_000  # bytes; a row of an index has 2,700
VALUE_LIMIT = 100_000  # bytes of the value of a mark, such as a note

_PART, _PARTS = 10_000_000, 20
_YEARS = range(1990, 2041)


class Roles(NamedTuple):
    """The roles of an archive at its server, from the least to the most."""

    reader: str
    contributor: str
    administrator: str


ROLES = Roles._fields


def make_roles(database: str) -> Roles:
    """Return the names of the roles of the archive in a database."""
    return Roles(*(f"{database}_{name}" for name in ROLES))


_ROLES = """
do $$ declare name text; begin
    foreach name in array array[{names}] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
        end if;
    end loop;
end $$;
grant {reader} to {contributor};
grant {reader}, {contributor} to {administrator} with admin option;
grant {administrator} to current_user with admin option;
grant connect, create on database {database} to {administrator} with grant option;
grant connect on database {database} to {reader};
grant temporary on database {database} to {contributor};
alter database {database} set statement_timeout = '5min';
"""

_TABLES = """
create schema rilo;
grant usage on schema rilo to {reader};
set local search_path = rilo;

create table archive(
    id uuid not null default gen_random_uuid(),
    version int not null,
    rows_a_day bigint not null default 200000,
    bytes_a_day bigint not null default 2000000000
);
create unique index archive_is_one on archive((true));
insert into archive(version) values ({version});
grant select on archive to {reader};

create table quota(person name, day date, rows bigint not null, bytes bigint not null,
    primary key (person, day));

create sequence log_seq;
create table log(
    seq bigint not null default nextval('rilo.log_seq') primary key,
    id text not null check (octet_length(id) between 1 and {id_limit}),
    at bigint not null,
    bytes int generated always as (octet_length(text)) stored,
    writer name not null default session_user,
    deleted boolean not null default false,
    edited boolean not null default false,
    added timestamptz not null default clock_timestamp(),
    text text not null check (octet_length(text) <= {text_limit} and (not deleted or text = ''))
) partition by range (seq);
create table words(
    at bigint not null, seq bigint not null, unsure boolean not null, tsv tsvector not null
) partition by range (at);
create table long(seq bigint not null, tsv tsvector not null);
do $$ begin  -- before there are partitions, which inherit it; pglz finds nothing in a tsvector
    alter table log alter text set compression lz4;
    alter table words alter tsv set compression lz4;
    alter table long alter tsv set compression lz4;
exception when others then null;  -- a server without it
end $$;
do $$ begin
    for n in 0 .. {parts} - 1 loop
        execute format(
            'create table log_%s partition of log for values from (%s) to (%s)', n,
            case n when 0 then 'minvalue' else (n * {part}::bigint)::text end,
            case n when {parts} - 1 then 'maxvalue' else ((n + 1) * {part}::bigint)::text end);
    end loop;
end $$;
create index on log(id, seq);
grant select, insert(id, at, deleted, edited, text) on log to {contributor};
grant select on log to {reader};
grant usage on sequence log_seq to {contributor};

create table vocabulary(word text primary key check (octet_length(word) <= 2000));
create table tokens(partition name primary key check (partition ~ '^words_[a-z0-9]{{1,6}}$'),
    version int not null);
do $$ declare name text; begin
    {years}
end $$;
create index on words using gin(tsv);
create index on words(at);
create index on long(seq);
grant select on words, long, vocabulary, tokens to {reader};
grant insert on words, long, vocabulary, tokens to {contributor};
grant update on tokens to {contributor};

create sequence mark_seq;
create table mark(
    person name not null default session_user,
    field text not null check (octet_length(field) between 1 and 300),
    id text not null check (octet_length(id) between 1 and {id_limit}),
    value text not null check (octet_length(value) <= {value_limit}),
    stamp bigint not null check (stamp > 0),
    shared boolean not null default false,
    seq bigint not null default nextval('rilo.mark_seq'),
    primary key (person, field, id)
);
create index on mark(person, seq);
create index on mark(seq) where shared;
alter table mark enable row level security;
alter table mark force row level security;
create policy own on mark using (person = session_user) with check (person = session_user);
create policy seen on mark for select using (shared);
grant select, insert(field, id, value, stamp, shared), update(value, stamp, shared), delete on mark
    to {reader};
grant usage on sequence mark_seq to {reader};
"""

_YEAR = "create table words_{name} partition of words for values from ({low}) to ({high});"

_GUARDS = """
set local search_path = rilo;

create or replace function log_added() returns trigger language plpgsql
security definer set search_path = rilo, pg_temp as $$
begin
    perform count_quota(count(*), coalesce(sum(bytes), 0)) from new_rows;
    if not is_administrator() and exists (
            select from new_rows n join log l on l.id = n.id
            where n.deleted and l.writer <> session_user) then
        raise 'You may delete only what is yours alone.' using errcode = 'RI002';
    end if;
    delete from words w using new_rows n, log l
        where l.id = n.id and l.seq < n.seq and w.at = l.at and w.seq = l.seq;
    delete from long using new_rows n, log l
        where l.id = n.id and l.seq < n.seq and long.seq = l.seq;
    perform set_config('rilo.first', min(seq)::text, true) from new_rows having count(*) > 0;
    perform pg_notify('rilo_log', max(seq)::text) from new_rows having count(*) > 0;
    return null;
end $$;

create or replace function vocabulary_added() returns trigger language plpgsql
security definer set search_path = rilo, pg_temp as $$
declare first bigint := coalesce(nullif(current_setting('rilo.first', true), ''), '0')::bigint;
begin
    perform count_quota(0, coalesce(sum(octet_length(word)), 0)) from new_rows;
    if not is_administrator() and exists (
            select word from new_rows
            except select unnest(tsvector_to_array(w.tsv))
                from log l join words w on w.at = l.at and w.seq = l.seq
                where l.seq >= first and l.writer = session_user
            except select unnest(tsvector_to_array(g.tsv))
                from log l join long g on g.seq = l.seq
                where l.seq >= first and l.writer = session_user) then
        raise 'These are not the words of an article of yours.' using errcode = 'RI004';
    end if;
    return null;
end $$;

create or replace function tokens_given() returns trigger language plpgsql
security definer set search_path = rilo, pg_temp as $$
declare
    first bigint := coalesce(nullif(current_setting('rilo.first', true), ''), '0')::bigint;
    is_theirs boolean := false;
begin
    if is_administrator() or (tg_op = 'UPDATE' and new is not distinct from old) then
        return new;
    end if;
    if tg_op = 'INSERT' and exists (
            select from tokens where partition = new.partition and version <= new.version) then
        return new;  -- nothing changes
    end if;
    if new.version > 0 and exists (select from pg_inherits where inhparent = 'words'::regclass
            and inhrelid = to_regclass(quote_ident(new.partition))) and (tg_op = 'INSERT'
            or (new.version < old.version and new.partition = old.partition)) then
        execute format('select exists (select from log l join %I w on w.at = l.at and w.seq = l.seq
            where l.seq >= $1 and l.writer = session_user)', new.partition)
            into is_theirs using first;
    end if;
    if not is_theirs then
        raise 'These are not the words of an article of yours.' using errcode = 'RI004';
    end if;
    return new;
end $$;
drop trigger if exists given on tokens;
create trigger given before insert or update on tokens
    for each row execute function tokens_given();
"""

_FUNCTIONS = """
set local search_path = rilo;

create function is_administrator() returns boolean language sql stable
as $$ select pg_has_role(session_user, {administrator_name}, 'member') $$;

create function take_log_lock() returns trigger language plpgsql
as $$ begin perform pg_advisory_xact_lock(1919511663, 1); return null; end $$;

create function take_mark_lock() returns trigger language plpgsql
as $$ begin perform pg_advisory_xact_lock(1919511663, 2); return null; end $$;

create function count_quota(more_rows bigint, more_bytes bigint) returns void language plpgsql
security definer set search_path = rilo, pg_temp as $$
begin
    if not is_administrator() then
        insert into quota values (session_user, current_date, more_rows, more_bytes)
            on conflict (person, day) do update
            set rows = quota.rows + more_rows, bytes = quota.bytes + more_bytes;
        if exists (select from quota, archive where person = session_user and day = current_date
                and (rows > rows_a_day or bytes > bytes_a_day)) then
            raise 'You have added as much as a member may in a day.' using errcode = 'RI001';
        end if;
        delete from quota where day < current_date - 30;
    end if;
end $$;

create function words_added() returns trigger language plpgsql
security definer set search_path = rilo, pg_temp as $$
begin
    if not is_administrator() and exists (
            select from new_rows n where not exists (
                select from log l where l.seq = n.seq and l.writer = session_user)) then
        raise 'These are the words of another''s article.' using errcode = 'RI003';
    end if;
    perform count_quota(0, coalesce(sum(pg_column_size(tsv)), 0)) from new_rows;
    return null;
end $$;

create function mark_given() returns trigger language plpgsql as $$
begin
    new.seq := nextval('rilo.mark_seq');
    new.person := session_user;
    return new;
end $$;

create function marks_added() returns trigger language plpgsql
security definer set search_path = rilo, pg_temp as $$
begin
    perform count_quota(count(*), coalesce(sum(octet_length(value) + octet_length(id)), 0))
        from new_rows;
    if exists (select from new_rows) then notify rilo_mark; end if;
    return null;
end $$;

revoke execute on function count_quota from public;
"""

_TRIGGERS = """
create trigger lock before insert on log for each statement execute function take_log_lock();
create trigger added after insert on log referencing new table as new_rows
    for each statement execute function log_added();
create trigger added after insert on words referencing new table as new_rows
    for each statement execute function words_added();
create trigger added after insert on long referencing new table as new_rows
    for each statement execute function words_added();
create trigger added after insert on vocabulary referencing new table as new_rows
    for each statement execute function vocabulary_added();
create trigger lock before insert or update on mark
    for each statement execute function take_mark_lock();
create trigger given before insert or update on mark
    for each row execute function mark_given();
create trigger added after insert on mark referencing new table as new_rows
    for each statement execute function marks_added();
create trigger changed after update on mark referencing new table as new_rows
    for each statement execute function marks_added();
"""


def create_tables(connection: Connection) -> None:
    """Make the tables and roles of an archive in a database that has none, in one transaction.

    Raises psycopg.Error; the schema exists already: psycopg.errors.DuplicateSchema.
    """
    roles = make_roles(connection.info.dbname)
    values = {
        **{name: Identifier(role) for name, role in roles._asdict().items()},
        "names": SQL(", ").join(roles),
        "administrator_name": roles.administrator,
        "database": Identifier(connection.info.dbname),
        "version": VERSION,
        "text_limit": TEXT_LIMIT,
        "id_limit": ID_LIMIT,
        "value_limit": VALUE_LIMIT,
        "part": _PART,
        "parts": _PARTS,
        "years": SQL("\n    ").join(_make_year_partitions()),
    }
    with connection.transaction():
        connection.execute(SQL(_ROLES).format(**values))
        connection.execute(SQL("set local role {}").format(Identifier(roles.administrator)))
        for statements in (_TABLES, _FUNCTIONS, _GUARDS, _TRIGGERS):
            connection.execute(SQL(statements).format(**values))


def upgrade_archive(connection: Connection) -> None:
    """Give an archive that an earlier version made what it lacks, as an administrator.

    Raises psycopg.Error.
    """
    administrator = Identifier(make_roles(connection.info.dbname).administrator)
    with connection.transaction():
        connection.execute(SQL("set local role {}").format(administrator))
        connection.execute(SQL(_GUARDS))


def _make_year_partitions() -> list[SQL]:
    """Return the partitions of `words`: one a year, and one for what is before and after them."""
    edges = [str(sort_key(to_seconds(datetime(year, 1, 1, tzinfo=UTC)))) for year in _YEARS]
    names = ["before", *map(str, _YEARS)]
    spans = zip(names, ["minvalue", *edges], [*edges, "maxvalue"], strict=True)
    found = [_YEAR.format(name=name, low=low, high=high) for name, low, high in spans]
    return [SQL(one) for one in found]
