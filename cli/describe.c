/*
 * What an article's name and the beginning of its body say of it: its title and its media type.
 */
#include "describe.h"

#include "fields.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define LINE_CHARACTERS 120             /* of a first line that is taken for the title */

/* ---- a title as it grows ---- */

static bool is_white(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

static size_t encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

void import_title_put(struct title *title, uint32_t character)
{
	if (is_white(character)) {
		title->space = title->size != 0;
		return;
	}
	if (is_control(character))
		return;
	if (title->characters + title->space + 1 > TITLE_CHARACTERS) {
		title->over = true;
		return;
	}
	if (title->space) {
		title->text[title->size++] = ' ';
		title->characters++;
		title->space = false;
	}
	title->size += encode(character, title->text + title->size);
	title->characters++;
}

uint32_t import_character(struct capsa_text *text)
{
	uint32_t character = 0xfffd;
	size_t size = 1;

	for (size_t i = 1; i <= 4 && i <= text->size; i++) {
		if (capsa_utf8_valid(span_of(text->data, i))) {
			character = capsa_utf8_next(span_of(text->data, i), &size);
			break;
		}
	}
	text->data += size;
	text->size -= size;
	return character;
}

void import_title_add(struct title *title, struct capsa_text text)
{
	while (text.size != 0 && !title->over)
		import_title_put(title, import_character(&text));
}

/* The title that a text makes; false: none. */
static bool title_of(struct title *title, struct capsa_text text)
{
	memset(title, 0, sizeof *title);
	import_title_add(title, text);
	return title_good(title);
}

/* ---- lines ---- */

void import_skip_mark(struct capsa_text *text)
{
	if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
		text->data += 3;
		text->size -= 3;
	}
}

/* The next line, without its end: LF, CR LF or CR. */
static bool next_line(struct capsa_text *rest, struct capsa_text *line)
{
	size_t size = 0, end;

	if (rest->size == 0)
		return false;
	while (size < rest->size && rest->data[size] != '\n' && rest->data[size] != '\r')
		size++;
	*line = (struct capsa_text){rest->data, size};
	end = size + 1;
	if (size + 1 < rest->size && rest->data[size] == '\r' && rest->data[size + 1] == '\n')
		end++;
	end = end < rest->size ? end : rest->size;
	rest->data += end;
	rest->size -= end;
	return true;
}

/* Without spaces and tabs at either end; returns the columns before it. */
static size_t trim(struct capsa_text *line)
{
	size_t indent = 0;

	for (; line->size != 0 && (line->data[0] == ' ' || line->data[0] == '\t'); line->size--)
		indent = *line->data++ == '\t' ? (indent / 4 + 1) * 4 : indent + 1;
	while (line->size != 0 &&
	       (line->data[line->size - 1] == ' ' || line->data[line->size - 1] == '\t'))
		line->size--;
	return indent;
}

static bool begins(struct capsa_text text, const char *with)
{
	size_t size = strlen(with);

	return text.size >= size && memcmp(text.data, with, size) == 0;
}

/* How often `mark` stands at the beginning. */
static size_t run_of(struct capsa_text text, char mark)
{
	size_t size = 0;

	while (size < text.size && text.data[size] == mark)
		size++;
	return size;
}

/* A rule or an underline says nothing: are there letters, digits, or anything beyond ASCII? */
static bool has_words(struct capsa_text line)
{
	for (size_t i = 0; i < line.size; i++) {
		unsigned char c = (unsigned char)line.data[i];

		if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return true;
	}
	return false;
}

/*
 * Past the front matter, YAML between lines "---" (the last also "...") or TOML between "+++".
 * Without its end it is none.
 */
static void skip_front_matter(struct capsa_text *text)
{
	struct capsa_text rest = *text, line;
	char mark;

	if (!next_line(&rest, &line))
		return;
	trim(&line);
	if (line.size != 3 || !(begins(line, "---") || begins(line, "+++")))
		return;
	mark = line.data[0];
	while (next_line(&rest, &line)) {
		trim(&line);
		if (line.size == 3 &&
		    (run_of(line, mark) == 3 || (mark == '-' && begins(line, "...")))) {
			*text = rest;
			return;
		}
	}
}

static bool first_line(struct capsa_text text, struct title *title)
{
	struct capsa_text line = {0};

	while (next_line(&text, &line) && !has_words(line))
		;
	return title_of(title, line) && title->characters <= LINE_CHARACTERS && has_words(line);
}

/* ---- Markdown ---- */

/* Where the search for a heading stands. */
struct markdown {
	char fence;                     /* within fenced code: its mark */
	size_t fence_size;
	const char *until;              /* within raw HTML: what ends it */
	struct capsa_text paragraph;    /* of the lines before, without the last line's end */
	struct capsa_text first;        /* the first line of text */
};

/* Does this line belong to fenced code? */
static bool in_fence(struct markdown *state, struct capsa_text line, size_t indent)
{
	char mark = line.size != 0 ? line.data[0] : '\0';
	size_t run = mark == '`' || mark == '~' ? run_of(line, mark) : 0;

	if (state->fence != '\0') {
		if (mark == state->fence && run >= state->fence_size && run == line.size &&
		    indent < 4)
			state->fence = '\0';
		return true;
	}
	/* Code within a line may begin with three backticks too, and then ends on it. */
	if (run < 3 || indent >= 4 ||
	    (mark == '`' && memchr(line.data + run, '`', line.size - run) != NULL))
		return false;
	state->fence = mark;
	state->fence_size = run;
	return true;
}

/* Does this line belong to raw HTML in which '#' begins no heading? */
static bool in_html(struct markdown *state, struct capsa_text line)
{
	static const char *const raw[][2] = {
	    {"<!--", "-->"},          {"<pre>", "</pre>"},    {"<pre ", "</pre>"},
	    {"<script", "</script>"}, {"<style", "</style>"},
	};

	for (size_t i = 0; i < sizeof raw / sizeof raw[0] && state->until == NULL; i++) {
		if (begins(line, raw[i][0]))
			state->until = raw[i][1];
	}
	if (state->until == NULL)
		return false;
	if (memmem(line.data, line.size, state->until, strlen(state->until)) != NULL)
		state->until = NULL;
	return true;
}

/* The text of "# heading" or "## heading ##"; false: it is none, or empty. */
static bool atx_heading(struct capsa_text line, struct title *title)
{
	size_t run = run_of(line, '#'), end;

	if (run < 1 || run > 6 || run == line.size ||
	    (line.data[run] != ' ' && line.data[run] != '\t'))
		return false;
	line.data += run;
	line.size -= run;
	trim(&line);
	for (end = line.size; end != 0 && line.data[end - 1] == '#'; end--)
		;
	if (end == 0 || line.data[end - 1] == ' ' || line.data[end - 1] == '\t')
		line.size = end;
	return title_of(title, line);
}

static bool is_underline(struct capsa_text line)
{
	return line.size != 0 && (run_of(line, '=') == line.size || run_of(line, '-') == line.size);
}

/* Quotes, lists, tables and tags begin no paragraph that an underline could make a heading. */
static bool begins_block(struct capsa_text line)
{
	size_t digits = 0;

	if (strchr(">|<", line.data[0]) != NULL)
		return true;
	if (strchr("-+*", line.data[0]) != NULL)
		return line.size == 1 || line.data[1] == ' ' || line.data[1] == '\t';
	while (digits < line.size && line.data[digits] >= '0' && line.data[digits] <= '9')
		digits++;
	return digits != 0 && digits + 1 < line.size &&
	       (line.data[digits] == '.' || line.data[digits] == ')') &&
	       line.data[digits + 1] == ' ';
}

/* One line; true where it completes a heading. */
static bool markdown_line(struct markdown *state, struct capsa_text line, struct title *title)
{
	struct capsa_text *paragraph = &state->paragraph;
	size_t indent = trim(&line);

	if (in_fence(state, line, indent) || in_html(state, line) || line.size == 0) {
		paragraph->size = 0;
		return false;
	}
	if (state->first.size == 0 && has_words(line))
		state->first = line;
	if (indent >= 4 && paragraph->size == 0)
		return false;
	if (indent < 4 && atx_heading(line, title))
		return true;
	if (indent < 4 && paragraph->size != 0 && is_underline(line))
		return title_of(title, *paragraph);
	if (paragraph->size != 0)
		paragraph->size = (size_t)(line.data + line.size - paragraph->data);
	else if (!begins_block(line) && !is_underline(line))
		*paragraph = line;
	return false;
}

static bool markdown_title(struct capsa_text text, struct title *title)
{
	struct markdown state = {0};
	struct capsa_text line;

	while (next_line(&text, &line)) {
		if (markdown_line(&state, line, title))
			return true;
	}
	return title_of(title, state.first) && title->characters <= LINE_CHARACTERS;
}

/* ---- all together ---- */

/* The name without directories and extension. */
static bool stem_title(const char *path, struct title *title)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	size_t size = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);

	return title_of(title, (struct capsa_text){name, size});
}

static bool is_type(const char *type, const char *name)
{
	size_t size = strlen(name);

	/* Parameters may follow: "text/html; charset=utf-8". */
	return strncmp(type, name, size) == 0 &&
	       (type[size] == '\0' || type[size] == ';' || type[size] == ' ');
}

static bool is_html(const char *type)
{
	return is_type(type, "text/html") || is_type(type, "application/xhtml+xml");
}

static bool find_title(const char *type, const char *path, struct capsa_text head,
                       struct title *title)
{
	bool found = false;

	import_skip_mark(&head);
	if (is_html(type)) {
		skip_front_matter(&head);
		found = import_html_title(head, LINE_CHARACTERS, title);
	} else if (is_type(type, "text/markdown")) {
		skip_front_matter(&head);
		found = markdown_title(head, title);
	} else if (is_type(type, "text/plain") || is_type(type, "text/x-rst") ||
	           is_type(type, "text/asciidoc")) {
		found = first_line(head, title);
	}
	return found || stem_title(path, title);
}

/* The media type, which the caller frees; NULL when memory is out. */
static char *type_of(struct capsa_metadata *metadata)
{
	struct capsa_text line, value, type;

	if (capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    capsa_line_find(line, "format", &value) != CAPSA_OK)
		return NULL;
	return import_field_text(value, &type);
}

static enum capsa_status take_front_matter(struct capsa_metadata *metadata, struct capsa_text head,
                                           struct foreign_error *why, struct capsa_error *err)
{
	struct object extra = {0};
	struct capsa_text object;
	enum capsa_status status;
	bool found;
	char *json = import_front_matter(head, &object.size, &found, why);

	if (json == NULL)
		return CAPSA_OK;
	object.data = json;
	status = import_extra_before(metadata, &extra, err);
	if (status == CAPSA_OK)
		status = import_fields(metadata, &extra, object, NULL, NULL, err);
	if (status == CAPSA_OK)
		status = import_extra(metadata, &extra, err);
	import_object_release(&extra);
	free(json);
	return status;
}

static enum capsa_status set_title(struct capsa_metadata *metadata, const struct title *title,
                                   struct capsa_error *err)
{
	char *normal = cli_nfc((struct capsa_text){title->text, title->size});
	enum capsa_status status = CAPSA_ENOMEM;

	if (normal != NULL)
		status = capsa_metadata_set(metadata, "title", normal, strlen(normal), err);
	free(normal);
	return status;
}

enum capsa_status import_describe(struct capsa_metadata *metadata, const char *path,
                                  struct capsa_text head, struct foreign_error *front_matter,
                                  struct capsa_error *err)
{
	enum capsa_status status = CAPSA_OK;
	struct title title;
	char *type;

	front_matter->text[0] = '\0';
	if (!capsa_metadata_has(metadata, "format")) {
		const char *found = import_media_type(path, head);

		status = capsa_metadata_set(metadata, "format", found, strlen(found), err);
	}
	if (status != CAPSA_OK)
		return status;
	type = type_of(metadata);
	if (type == NULL)
		return capsa_fail_memory(err);
	if (is_html(type) || is_type(type, "text/markdown"))
		status = take_front_matter(metadata, head, front_matter, err);
	if (status == CAPSA_OK && !capsa_metadata_has(metadata, "title") &&
	    find_title(type, path, head, &title))
		status = set_title(metadata, &title, err);
	free(type);
	return status;
}
