/* The scanner in C: finds what edi/scan.py finds, and tells at first sight the services of plain claims and whom an HL
 * names.
 *
 * It is built where a compiler is at hand (hatch_build.py) and left out elsewhere; edi/native.py is the only caller and
 * tests/test_scanners.py holds it to the scanner and the readers in Python. It keeps to what memchr and a few
 * comparisons can do: what is not written in the usual way is answered with None and left to Python. Nothing is read
 * outside of the bytes handed in.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000 /* one build for Python 3.11 and every later one */
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define FORM 2 /* to be raised with whatever changes between this file and native.py */
#define MOST_TAGS 16
#define MOST_LINES 50   /* 005010X224A2: loop 2400 repeats at most 50 times */
#define MOST_DIGITS 9   /* of HL01 and HL02; larger numbers are read in Python */
#define CODE 5          /* D0220 */

typedef struct {
    const char *data;
    Py_ssize_t size;
} Bytes;

/* ------------------------------------------------------------------------------------------------ small helpers */

static int begins(Bytes whole, Py_ssize_t at, const char *with, Py_ssize_t length)
{
    return whole.size - at >= length && memcmp(whole.data + at, with, (size_t)length) == 0;
}

static Py_ssize_t find(Bytes whole, Py_ssize_t at, char byte)
{
    const char *found = at < whole.size ? memchr(whole.data + at, byte, (size_t)(whole.size - at)) : NULL;
    return found == NULL ? -1 : found - whole.data;
}

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* A code as codes are written: a capital and four digits. */
static int is_code(Bytes whole, Py_ssize_t at)
{
    if (whole.size - at < CODE || whole.data[at] < 'A' || whole.data[at] > 'Z')
        return 0;
    for (Py_ssize_t next = at + 1; next < at + CODE; next++)
        if (!is_digit(whole.data[next]))
            return 0;
    return 1;
}

/* A code as one of 26 * 10,000 numbers. */
static int code_number(const char *code)
{
    int number = code[0] - 'A';
    for (int at = 1; at < CODE; at++)
        number = 10 * number + (code[at] - '0');
    return number;
}

static void mark_bytes(unsigned char *table, Bytes some)
{
    memset(table, 0, 256);
    for (Py_ssize_t at = 0; at < some.size; at++)
        table[(unsigned char)some.data[at]] = 1;
}

/* The next segment that has an end, without the white space before it; at moves behind its terminator. 0 where there is
 * none: at is then where the rest begins. */
static int next_segment(Bytes data, Py_ssize_t *at, const unsigned char *blank, char end, Bytes *segment)
{
    while (*at < data.size && blank[(unsigned char)data.data[*at]])
        (*at)++;
    Py_ssize_t stop = find(data, *at, end);
    if (stop < 0)
        return 0;
    *segment = (Bytes){data.data + *at, stop - *at};
    *at = stop + 1;
    return 1;
}

/* Whether a segment has this identifier: behind it stands a separator, or nothing. */
static int is_a(Bytes segment, const char *tag, char separator)
{
    Py_ssize_t length = (Py_ssize_t)strlen(tag);
    return begins(segment, 0, tag, length) && (segment.size == length || segment.data[length] == separator);
}

/* Takes the reference to item. */
static int append(PyObject *list, PyObject *item)
{
    int failed = item == NULL || PyList_Append(list, item) < 0;
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

static int append_number(PyObject *list, Py_ssize_t number) { return append(list, PyLong_FromSsize_t(number)); }

/* --------------------------------------------------------------------------------------------------------- scan */

/* A service: where its segment begins, and the number of the mark before it (-1 for none). */
typedef struct {
    int64_t at;
    int64_t mark;
} Service;

typedef struct {
    Service *items;
    size_t count, room;
} Services;

static int keep_service(Services *kept, Py_ssize_t at, Py_ssize_t mark)
{
    if (kept->count == kept->room) {
        size_t room = kept->room ? 2 * kept->room : 1024;
        Service *items = PyMem_Realloc(kept->items, room * sizeof(Service));
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        kept->items = items;
        kept->room = room;
    }
    kept->items[kept->count++] = (Service){at, mark};
    return 0;
}

/* An identifier of two or three bytes and its length as a number, 0 for any other. size: how many bytes there are. */
static uint32_t identifier(const char *text, Py_ssize_t size, Py_ssize_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (length > size || length < 2 || length > 3)
        return 0;
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (length == 3 ? (uint32_t)byte[2] << 16 : 0) |
           (uint32_t)length << 24;
}

typedef struct {
    PyObject *object;
    uint32_t number;
} Tag;

static int read_tags(PyObject *tuple, Tag *tags, unsigned char *first)
{
    Py_ssize_t count = PyTuple_Size(tuple);
    if (count < 0 || count > MOST_TAGS) {
        PyErr_SetString(PyExc_ValueError, "too many identifiers");
        return -1;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        char *text;
        Py_ssize_t length;
        tags[at].object = PyTuple_GetItem(tuple, at);
        if (PyBytes_AsStringAndSize(tags[at].object, &text, &length) < 0)
            return -1;
        tags[at].number = identifier(text, length, length);
        if (tags[at].number == 0) {
            PyErr_SetString(PyExc_ValueError, "an identifier has two or three bytes");
            return -1;
        }
        first[(unsigned char)text[0]] = 1;
    }
    return (int)count;
}

PyDoc_STRVAR(scan_doc,
    "scan(data, segment, element, filler, tags, outer, service)\n"
    "Every segment of data whose identifier is among tags: offsets; identifiers; the numbers of those that are among the\n"
    "first ``outer`` tags; how many segments, empty ones not counted, end before each and in all; the services as pairs\n"
    "of native int64, where one begins and the number of the mark before it; whether there are empty segments.");

static PyObject *scan(PyObject *self, PyObject *args)
{
    Bytes data, filler, service;
    char end, separator;
    PyObject *names;
    int outermost;
    if (!PyArg_ParseTuple(args, "y#ccy#O!iy#", &data.data, &data.size, &end, &separator, &filler.data, &filler.size,
                          &PyTuple_Type, &names, &outermost, &service.data, &service.size))
        return NULL;
    Tag tags[MOST_TAGS];
    unsigned char first[256], blank[256];
    mark_bytes(blank, filler);
    mark_bytes(first, service);
    int count = read_tags(names, tags, first);
    if (count < 0)
        return NULL;
    uint32_t served = identifier(service.data, service.size, service.size);

    PyObject *offsets = PyList_New(0), *found = PyList_New(0), *outer = PyList_New(0), *ended = PyList_New(0);
    PyObject *result = NULL;
    Services services = {NULL, 0, 0};
    Py_ssize_t segments = 0, marks = 0;
    int empties = 0;
    if (offsets == NULL || found == NULL || outer == NULL || ended == NULL)
        goto done;
    for (Py_ssize_t at = 0; at < data.size;) {
        Py_ssize_t head = at;
        while (head < data.size && blank[(unsigned char)data.data[head]])
            head++;
        Py_ssize_t close = find(data, head, end);
        Py_ssize_t stop = close < 0 ? data.size : close;
        if (head == stop) {
            empties |= close >= 0;
        } else {
            if (first[(unsigned char)data.data[head]]) {
                const char *text = data.data + head;
                Py_ssize_t size = stop - head;
                uint32_t number = size > 2 && text[2] == separator   ? identifier(text, size, 2)
                                  : size > 3 && text[3] == separator ? identifier(text, size, 3)
                                                                     : 0;
                if (number != 0 && number == served && keep_service(&services, head, marks - 1) < 0)
                    goto done;
                for (int tag = 0; number != 0 && tag < count; tag++) {
                    if (number == tags[tag].number) {
                        if (append_number(offsets, head) < 0 || append_number(ended, segments) < 0 ||
                            PyList_Append(found, tags[tag].object) < 0 ||
                            (tag < outermost && append_number(outer, marks) < 0))
                            goto done;
                        marks++;
                        break;
                    }
                }
            }
            segments += close >= 0;
        }
        if (close < 0)
            break;
        at = close + 1;
    }
    if (append_number(ended, segments) == 0) {
        const char *pairs = services.items == NULL ? "" : (const char *)services.items;
        Py_ssize_t size = (Py_ssize_t)(services.count * sizeof(Service));
        result = Py_BuildValue("(OOOOy#O)", offsets, found, outer, ended, pairs, size, empties ? Py_True : Py_False);
    }
done:
    PyMem_Free(services.items);
    Py_XDECREF(offsets);
    Py_XDECREF(found);
    Py_XDECREF(outer);
    Py_XDECREF(ended);
    return result;
}

/* -------------------------------------------------------------------------------------------------------- tally */

PyDoc_STRVAR(tally_doc,
    "tally(data, lead)\n"
    "How often ISA, GS, ST and CL stand right behind the byte lead. Law 2 counts with it what scan has found, so it\n"
    "shares nothing with scan.");

static PyObject *tally(PyObject *self, PyObject *args)
{
    const char *data;
    Py_ssize_t size;
    char lead;
    if (!PyArg_ParseTuple(args, "y#c", &data, &size, &lead))
        return NULL;
    Py_ssize_t interchanges = 0, groups = 0, transactions = 0, claims = 0;
    const char *end = data + size, *at = data;
    while (at < end && (at = memchr(at, lead, (size_t)(end - at))) != NULL) {
        at++;
        if (end - at < 2)
            break;
        if (at[0] == 'C')
            claims += at[1] == 'L';
        else if (at[0] == 'S')
            transactions += at[1] == 'T';
        else if (at[0] == 'G')
            groups += at[1] == 'S';
        else if (at[0] == 'I')
            interchanges += end - at > 2 && at[1] == 'S' && at[2] == 'A';
    }
    return Py_BuildValue("(nnnn)", interchanges, groups, transactions, claims);
}

/* ----------------------------------------------------------------------------------------------------- carriers */

PyDoc_STRVAR(carriers_doc,
    "carriers(data, segment, element, component, services, codes)\n"
    "Of the marks that services stand behind, in order: those with a service of one of some codes (five bytes each, one\n"
    "after another) or with one whose code is not written as codes are. services: as scan says it.");

static PyObject *carriers(PyObject *self, PyObject *args)
{
    Bytes data, services, codes;
    char end, separator, part;
    if (!PyArg_ParseTuple(args, "y#cccy#y#", &data.data, &data.size, &end, &separator, &part, &services.data,
                          &services.size, &codes.data, &codes.size))
        return NULL;
    unsigned char wanted[26 * 10000 / 8] = {0}; /* a bit for every code there can be */
    for (Py_ssize_t at = 0; at + CODE <= codes.size; at += CODE)
        if (is_code(codes, at))
            wanted[code_number(codes.data + at) / 8] |= 1 << code_number(codes.data + at) % 8;
    PyObject *found = PyList_New(0);
    if (found == NULL)
        return NULL;
    int64_t latest = -1;
    for (Py_ssize_t place = 0; place + (Py_ssize_t)sizeof(Service) <= services.size; place += sizeof(Service)) {
        Service service;
        memcpy(&service, services.data + place, sizeof service);
        if (service.at < 0 || service.at >= data.size)
            break;
        Py_ssize_t at = (Py_ssize_t)service.at + 4; /* behind SV3 and its separator */
        int hit = 1;
        if (begins(data, at, "AD", 2) && data.size - at > 3 + CODE && data.data[at + 2] == part && is_code(data, at + 3)) {
            char next = data.data[at + 3 + CODE];
            int number = code_number(data.data + at + 3);
            hit = (next != separator && next != part && next != end) || wanted[number / 8] >> number % 8 & 1;
        }
        if (hit && service.mark > latest) {
            latest = service.mark;
            if (append_number(found, (Py_ssize_t)latest) < 0) {
                Py_DECREF(found);
                return NULL;
            }
        }
    }
    return found;
}

/* ------------------------------------------------------------------------------------------------------- levels */

/* The number at a place, without zeros before it, and the place behind it; -1 where there is none. */
static Py_ssize_t number_at(Bytes data, Py_ssize_t *at)
{
    Py_ssize_t value = 0, begin = *at;
    while (*at < data.size && *at - begin < MOST_DIGITS && is_digit(data.data[*at]))
        value = 10 * value + (data.data[(*at)++] - '0');
    return *at == begin || data.data[begin] == '0' ? -1 : value;
}

enum { BILLING, SUBSCRIBER, PATIENT };

typedef struct {
    Py_ssize_t number, above; /* HL01; HL02, 0 where it is empty */
    int code, parent;         /* HL03; whether HL04 is 1 */
} Level;

/* An HL written in the usual way, HL*2*1*22*0 and no more; 0 where it is written otherwise. */
static int read_level(Bytes data, Py_ssize_t at, char end, char separator, Level *level)
{
    at += 3; /* HL and its separator */
    level->number = number_at(data, &at);
    if (level->number < 0 || at >= data.size || data.data[at] != separator)
        return 0;
    at++;
    level->above = at < data.size && data.data[at] == separator ? 0 : number_at(data, &at);
    if (level->above < 0 || data.size - at < 6 || data.data[at] != separator || data.data[at + 1] != '2')
        return 0;
    switch (data.data[at + 2]) {
    case '0': level->code = BILLING; break;
    case '2': level->code = SUBSCRIBER; break;
    case '3': level->code = PATIENT; break;
    default: return 0;
    }
    char child = data.data[at + 4];
    level->parent = child == '1';
    return data.data[at + 3] == separator && (child == '0' || child == '1') && data.data[at + 5] == end;
}

PyDoc_STRVAR(levels_doc,
    "levels(data, segment, element, offsets, tags, first, last, before, codes)\n"
    "The HLs among the marks [first, last) of one transaction as the fields of scan.Levels, None where they are not in\n"
    "order. before: the fields of scan.Before. codes: what HL03 says of a billing provider, subscriber and patient.");

static PyObject *levels(PyObject *self, PyObject *args)
{
    Bytes data;
    char end, separator;
    PyObject *offsets, *tags, *codes;
    Py_ssize_t first, last, expected, billing, subscriber;
    int sound;
    if (!PyArg_ParseTuple(args, "y#ccO!O!nn(nnnp)O!", &data.data, &data.size, &end, &separator, &PyList_Type, &offsets,
                          &PyList_Type, &tags, &first, &last, &expected, &billing, &subscriber, &sound, &PyTuple_Type,
                          &codes))
        return NULL;
    if (first < 0 || last > PyList_Size(offsets) || last > PyList_Size(tags)) {
        PyErr_SetString(PyExc_ValueError, "there are not as many marks");
        return NULL;
    }
    PyObject *marks = PyList_New(0), *kinds = PyList_New(0), *above = PyList_New(0), *parents = PyList_New(0);
    PyObject *result = NULL;
    if (marks == NULL || kinds == NULL || above == NULL || parents == NULL)
        goto done;
    Py_ssize_t start = expected, place = 0;
    for (Py_ssize_t mark = first; mark < last; mark++) {
        char *tag;
        Py_ssize_t length;
        PyObject *name = PyList_GetItem(tags, mark), *offset = PyList_GetItem(offsets, mark);
        if (name == NULL || offset == NULL || PyBytes_AsStringAndSize(name, &tag, &length) < 0)
            goto done;
        if (length != 2 || memcmp(tag, "HL", 2) != 0) {
            if (!sound || length != 3 || memcmp(tag, "CLM", 3) != 0)
                goto none; /* where it is not a claim, or a claim has no place */
            continue;
        }
        Py_ssize_t at = PyLong_AsSsize_t(offset);
        if (at < 0 || at > data.size) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "a mark lies outside of the bytes");
            goto done;
        }
        Level level;
        if (!read_level(data, at, end, separator, &level))
            goto none;
        if (!expected)
            start = expected = level.number;
        Py_ssize_t wanted = level.code == BILLING ? 0 : level.code == SUBSCRIBER ? billing : subscriber;
        if (level.number != expected || level.above != wanted || (level.code != BILLING && !wanted) ||
            (level.code == BILLING && !level.parent))
            goto none;
        if (level.code == BILLING)
            billing = level.number;
        else if (level.code == SUBSCRIBER)
            subscriber = level.number;
        PyObject *code = PyTuple_GetItem(codes, level.code);
        if (code == NULL || append_number(marks, mark) < 0 || PyList_Append(kinds, code) < 0 ||
            append_number(above, wanted >= start && wanted ? wanted - start : -1) < 0 ||
            (level.parent && level.code != PATIENT && append_number(parents, place) < 0))
            goto done;
        sound = level.code != BILLING;
        expected++;
        place++;
    }
    result = Py_BuildValue("(nOOOO)", start, marks, kinds, above, parents);
    goto done;
none:
    result = Py_None;
    Py_INCREF(result);
done:
    Py_XDECREF(marks);
    Py_XDECREF(kinds);
    Py_XDECREF(above);
    Py_XDECREF(parents);
    return result;
}

/* ----------------------------------------------------------------------------------------------------- services */

typedef struct {
    Bytes data;
    char end, separator, part;
} Claim;

/* The place behind a field, at a separator or at the terminator. stop: where the terminator is. */
static Py_ssize_t behind_field(const Claim *claim, Py_ssize_t at, Py_ssize_t stop)
{
    const char *found = memchr(claim->data.data + at, claim->separator, (size_t)(stop - at));
    return found == NULL ? stop : found - claim->data.data;
}

/* Whether [at, stop) is a plain amount: no sign, no zeros before it, at most nine digits and two decimals. */
static int is_amount(const char *data, Py_ssize_t at, Py_ssize_t stop)
{
    Py_ssize_t begin = at;
    while (at < stop && is_digit(data[at]))
        at++;
    Py_ssize_t whole = at - begin;
    if (whole < 1 || whole > 9 || (data[begin] == '0' && whole > 1))
        return 0;
    if (at == stop)
        return 1;
    if (data[at] != '.' || stop - at < 2 || stop - at > 3)
        return 0;
    for (at++; at < stop; at++)
        if (!is_digit(data[at]))
            return 0;
    return 1;
}

/* A service [at, stop): where its code is, and its SV306, 0 where it was not sent. 0 where it is not a plain one. */
static int read_service(const Claim *claim, Py_ssize_t at, Py_ssize_t stop, Py_ssize_t *code, int *count)
{
    const char *data = claim->data.data;
    at += 4; /* SV3 and its separator */
    if (stop - at < 3 + CODE || data[at] != 'A' || data[at + 1] != 'D' || data[at + 2] != claim->part)
        return 0;
    *code = at + 3;
    if (!is_code(claim->data, *code))
        return 0;
    Py_ssize_t close = behind_field(claim, at, stop);
    int parts = 0;
    for (Py_ssize_t next = *code + CODE; next < close; next++) {
        if (next == *code + CODE && data[next] != claim->part)
            return 0; /* a longer code */
        parts += data[next] == claim->part;
    }
    if (parts > 4 || close == stop) /* a description (SV301-7), or no charge */
        return 0;
    at = close + 1;
    close = behind_field(claim, at, stop);
    if (!is_amount(data, at, close))
        return 0;
    for (int field = 3; field <= 5 && close < stop; field++)
        close = behind_field(claim, close + 1, stop);
    *count = 0;
    if (close == stop)
        return 1;
    at = close + 1;
    close = behind_field(claim, at, stop);
    if (close == at)
        return 1;
    if (close - at > 2 || data[at] == '0')
        return 0;
    for (; at < close; at++) {
        if (!is_digit(data[at]))
            return 0;
        *count = 10 * *count + (data[at] - '0');
    }
    return 1;
}

/* Whether a code of two bytes is one of some, which stand one after another. */
static int is_among(const char *code, Bytes some)
{
    for (Py_ssize_t at = 0; at + 2 <= some.size; at += 2)
        if (memcmp(some.data + at, code, 2) == 0)
            return 1;
    return 0;
}

PyDoc_STRVAR(services_doc,
    "services(data, segment, element, component, filler, within, covered)\n"
    "Of a claim whose services are plain and all of one day: the codes; every count that was sent and those above one\n"
    "with their codes, as (code, units more than one); whether a tooth is named; the day. None for any other claim.\n"
    "within, covered: NM101 (two bytes each) of those who stand in a claim, and of those who do so behind an SBR only:\n"
    "any other NM1 would end the claim for its reader.");

static PyObject *services(PyObject *self, PyObject *args)
{
    Claim claim;
    Bytes filler, within, covered;
    if (!PyArg_ParseTuple(args, "y#cccy#y#y#", &claim.data.data, &claim.data.size, &claim.end, &claim.separator,
                          &claim.part, &filler.data, &filler.size, &within.data, &within.size, &covered.data,
                          &covered.size))
        return NULL;
    unsigned char blank[256];
    mark_bytes(blank, filler);
    Bytes data = claim.data;
    Py_ssize_t codes[MOST_LINES], day = -1;
    int counts[MOST_LINES], lines = 0, dated = 0, claim_dated = 0, teeth = 0, sent = 0;
    int begun = 0;   /* CLM was read */
    int opened = 0;  /* LX was, and its service was not */
    int nested = 0;  /* in a loop inside the claim or line, whose segments are not theirs */
    int insured = 0; /* and that is the loop of another subscriber */
    const char s = claim.separator;
    const char dates[] = {'D', 'T', 'P', s, '4', '7', '2', s}, single[] = {'D', '8', s};
    Py_ssize_t next = 0;
    Bytes segment;
    while (next_segment(data, &next, blank, claim.end, &segment)) {
        const char *head = segment.data;
        Py_ssize_t size = segment.size, at = head - data.data, stop = at + size;
        int elements = size > 3 && head[3] == s; /* behind an identifier of three letters */
        if (!begun) {
            if (!is_a(segment, "CLM", s))
                goto none;
            Py_ssize_t field = behind_field(&claim, at, stop); /* behind CLM, then behind CLM01 */
            field = field < stop ? behind_field(&claim, field + 1, stop) : stop;
            Py_ssize_t charge = field < stop ? behind_field(&claim, field + 1, stop) : stop;
            if (field == stop || !is_amount(data.data, field + 1, charge))
                goto none;
            begun = 1;
        } else if (opened) { /* a service stands right behind its LX */
            if (!elements || !is_a(segment, "SV3", s) ||
                !read_service(&claim, at, stop, &codes[lines], &counts[lines]))
                goto none;
            sent += counts[lines] > 0;
            lines++;
            opened = 0;
        } else if (size > 2 && is_a(segment, "LX", s)) { /* which without elements opens nothing */
            if (lines == MOST_LINES || (lines && !dated && !claim_dated))
                goto none;
            opened = 1;
            dated = nested = insured = 0;
        } else if (is_a(segment, "SV3", s)) {
            goto none;
        } else if (size >= 7 && memcmp(head, dates, 7) == 0 && (size == 7 || head[7] == s)) {
            if (nested || size != 8 + 3 + 8 || memcmp(head + 8, single, sizeof single) != 0)
                goto none;
            if (day < 0)
                day = at + 11;
            else if (memcmp(data.data + day, head + 11, 8) != 0)
                goto none;
            if (lines)
                dated = 1;
            else
                claim_dated = 1;
        } else if (is_a(segment, "TOO", s)) {
            teeth = 1;
        } else if (is_a(segment, "SBR", s)) {
            nested = insured = 1;
        } else if (is_a(segment, "SVD", s)) {
            nested = 1;
        } else if (begins(segment, 0, "NM1", 3)) {
            if (!elements || size < 6 || (size > 6 && head[6] != s) ||
                !(is_among(head + 4, within) || (insured && is_among(head + 4, covered))))
                goto none;
            nested = 1;
        }
    }
    if (next < data.size) /* the last segment has no end */
        goto none;
    if (opened || !lines || day < 0 || (!dated && !claim_dated))
        goto none;

    PyObject *names = PyTuple_New(lines), *said = PyTuple_New(sent), *more = PyList_New(0), *result = NULL;
    if (names == NULL || said == NULL || more == NULL)
        goto done;
    for (int line = 0, at = 0; line < lines; line++) {
        PyObject *name = PyUnicode_FromStringAndSize(data.data + codes[line], CODE);
        if (name == NULL || PyTuple_SetItem(names, line, name) < 0) /* takes the reference */
            goto done;
        if (!counts[line])
            continue;
        PyObject *count = PyLong_FromLong(counts[line]);
        if (count == NULL || PyTuple_SetItem(said, at++, count) < 0)
            goto done;
        if (counts[line] > 1 && append(more, Py_BuildValue("(Oi)", name, counts[line] - 1)) < 0)
            goto done;
    }
    result = Py_BuildValue("(OOOOy#)", names, said, more, teeth ? Py_True : Py_False, data.data + day, (Py_ssize_t)8);
done:
    Py_XDECREF(names);
    Py_XDECREF(said);
    Py_XDECREF(more);
    return result;
none:
    Py_RETURN_NONE;
}

/* -------------------------------------------------------------------------------------------------------- named */

PyDoc_STRVAR(named_doc,
    "named(data, segment, element, filler)\n"
    "Of an HL whose first NM1 is a subscriber or patient with a birth date before any other NM1: NM101, NM103, NM104,\n"
    "NM109 and the eight digits of DMG02, as text. None for any other.");

static PyObject *named(PyObject *self, PyObject *args)
{
    enum { QUALIFIER = 1, LAST = 3, FIRST = 4, MEMBER = 9 };
    Bytes data, filler;
    char end, separator;
    if (!PyArg_ParseTuple(args, "y#ccy#", &data.data, &data.size, &end, &separator, &filler.data, &filler.size))
        return NULL;
    unsigned char blank[256];
    mark_bytes(blank, filler);
    Bytes elements[MEMBER + 1] = {{NULL, 0}};
    int person = 0;
    Py_ssize_t next = 0;
    Bytes segment;
    while (next_segment(data, &next, blank, end, &segment)) {
        const char *head = segment.data, *close = head + segment.size;
        int is_name = is_a(segment, "NM1", separator), is_birth = is_a(segment, "DMG", separator);
        if (segment.size == 3 && (is_name || is_birth))
            break; /* which says nothing, and is the first of its kind all the same */
        if (is_name) {
            if (person)
                break;
            person = 1;
            for (int element = 0; element <= MEMBER; element++) {
                const char *field = memchr(head, separator, (size_t)(close - head));
                elements[element] = (Bytes){head, (field == NULL ? close : field) - head};
                if (field == NULL)
                    break;
                head = field + 1;
            }
            Bytes said = elements[QUALIFIER];
            if (said.size != 2 || (memcmp(said.data, "IL", 2) != 0 && memcmp(said.data, "QC", 2) != 0) ||
                elements[FIRST].data == NULL)
                break;
        } else if (person && (is_a(segment, "SBR", separator) || is_a(segment, "SVD", separator) ||
                              is_a(segment, "LX", separator))) {
            break; /* in the loop that this opens nothing is said of the person */
        } else if (person && is_birth) {
            if (segment.size < 15 || head[4] != 'D' || head[5] != '8' || head[6] != separator ||
                (segment.size > 15 && head[15] != separator))
                break;
            for (int digit = 7; digit < 15; digit++)
                if (!is_digit(head[digit]))
                    Py_RETURN_NONE;
            Bytes last = elements[LAST], first = elements[FIRST], member = elements[MEMBER];
            PyObject *texts[] = {
                PyUnicode_DecodeLatin1(elements[QUALIFIER].data, 2, NULL),
                PyUnicode_DecodeLatin1(last.data, last.size, NULL),
                PyUnicode_DecodeLatin1(first.data, first.size, NULL),
                PyUnicode_DecodeLatin1(member.data == NULL ? "" : member.data, member.size, NULL),
                PyUnicode_DecodeLatin1(head + 7, 8, NULL),
            };
            PyObject *result = NULL;
            if (texts[0] && texts[1] && texts[2] && texts[3] && texts[4])
                result = PyTuple_Pack(5, texts[0], texts[1], texts[2], texts[3], texts[4]);
            for (int text = 0; text < 5; text++)
                Py_XDECREF(texts[text]);
            return result;
        }
    }
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------------------------------------------- module */

static PyMethodDef methods[] = {
    {"scan", scan, METH_VARARGS, scan_doc},
    {"tally", tally, METH_VARARGS, tally_doc},
    {"carriers", carriers, METH_VARARGS, carriers_doc},
    {"levels", levels, METH_VARARGS, levels_doc},
    {"services", services, METH_VARARGS, services_doc},
    {"named", named, METH_VARARGS, named_doc},
    {NULL, NULL, 0, NULL},
};

static int add_form(PyObject *module) { return PyModule_AddIntConstant(module, "FORM", FORM); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, add_form}, {0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_native", "The scanner in C, see edi/native.py.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&module); }
