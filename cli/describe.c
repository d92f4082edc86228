/*
 * What an article's name and the beginning of its body say of it: its title and its media type.
 */
#include "describe.h"

#include "fields.h"
#include "html.h"
#include "base.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_CHARACTERS 120 /* of a first line that is taken for the title */

/* ---- lines ---- */

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
	return import_title_of(title, line) && title->characters <= LINE_CHARACTERS &&
	       has_words(line);
}

/* ---- Markdown ---- */

/* Where the search for a heading stands. */
struct markdown {
	char fence; /* within fenced code: its mark */
	size_t fence_size;
	const char *until; /* within raw HTML: what ends it */
	struct capsa_text paragraph; /* of the lines before, without the last line's end */
	struct capsa_text first; /* the first line of text */
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
	return import_title_of(title, line);
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
	if (indent < 4 && paragraph->size != 0 && is_underline(line)) {
		bool good = import_title_of(title, *paragraph);

		/* A heading that is no title is over, too. */
		paragraph->size = 0;
		return good;
	}
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
	return import_title_of(title, state.first) && title->characters <= LINE_CHARACTERS;
}

/* ---- all together ---- */

enum document { DOCUMENT_OTHER, DOCUMENT_TEXT, DOCUMENT_MARKDOWN, DOCUMENT_HTML };

/* The name without directories and extension. */
static bool stem_title(const char *path, struct title *title)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	size_t size = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);

	return import_title_of(title, (struct capsa_text){name, size});
}

static bool is_type(const char *type, const char *name)
{
	size_t size = strlen(name);

	/* Parameters may follow: "text/html; charset=utf-8". */
	return strncasecmp(type, name, size) == 0 &&
	       (type[size] == '\0' || type[size] == ';' || type[size] == ' ');
}

static enum document document_of(const char *type)
{
	static const struct {
		const char *type;
		enum document document;
	} types[] = {
	    {"text/html", DOCUMENT_HTML},         {"application/xhtml+xml", DOCUMENT_HTML},
	    {"text/markdown", DOCUMENT_MARKDOWN}, {"text/plain", DOCUMENT_TEXT},
	    {"text/x-rst", DOCUMENT_TEXT},        {"text/asciidoc", DOCUMENT_TEXT},
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (is_type(type, types[i].type))
			return types[i].document;
	return DOCUMENT_OTHER;
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

static bool is_ascii(struct capsa_text text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((signed char)text.data[i] <= 0 || text.data[i] == '\033')
			return false;
	return true;
}

/* The head as UTF-8: by its mark, else by its media type, else as a page says itself. */
static bool decode(const char *type, enum document document, struct capsa_text head,
                   struct decoded *out)
{
	char label[CHARSET_LABEL_SIZE] = "";

	*out = (struct decoded){.text = head};
	/* In all charsets that a page may be in without saying so, this is the same. */
	if (is_ascii(head))
		return true;
	if (!import_has_mark(head) && !import_type_charset(type, label, sizeof label) &&
	    document == DOCUMENT_HTML && !import_html_charset(head, label))
		return false;
	return import_decode(head, label, out);
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
		status = import_fields(metadata, &extra, object, err);
	if (status == CAPSA_OK)
		status = import_extra(metadata, &extra, err);
	import_object_release(&extra);
	free(json);
	return status;
}

enum capsa_status import_set_title(struct capsa_metadata *metadata, const struct title *title,
                                   struct capsa_error *err)
{
	char *normal = cli_nfc((struct capsa_text){title->text, title->size});
	enum capsa_status status = CAPSA_ENOMEM;

	if (normal != NULL)
		status = capsa_metadata_set(metadata, "title", normal, strlen(normal), err);
	free(normal);
	return status;
}

/* The page's own title, where nothing that it claims is one. */
static const struct title *page_title(const struct html_page *page)
{
	if (title_good(&page->heading))
		return &page->heading;
	if (title_good(&page->title))
		return &page->title;
	if (title_good(&page->line) && page->line.characters <= LINE_CHARACTERS)
		return &page->line;
	return NULL;
}

static enum capsa_status take_page(struct capsa_metadata *metadata, struct capsa_text text,
                                   struct capsa_error *err)
{
	struct html_page page;
	const struct title *title;
	enum capsa_status status = CAPSA_ENOMEM;

	if (import_html(text, &page)) {
		import_linked_data(&page.claims);
		if (!page.claims.failed)
			status = import_html_fields(metadata, &page.claims, err);
	}
	title = page_title(&page);
	if (status == CAPSA_OK && title != NULL && !capsa_metadata_has(metadata, "title"))
		status = import_set_title(metadata, title, err);
	import_html_release(&page);
	return status;
}

/* What the text itself says. */
static enum capsa_status take_text(struct capsa_metadata *metadata, enum document document,
                                   struct capsa_text text, struct foreign_error *front_matter,
                                   struct capsa_error *err)
{
	enum capsa_status status = CAPSA_OK;
	struct title title;
	bool found;

	if (document != DOCUMENT_TEXT)
		status = take_front_matter(metadata, text, front_matter, err);
	if (document != DOCUMENT_TEXT)
		skip_front_matter(&text);
	if (status != CAPSA_OK)
		return status;
	if (document == DOCUMENT_HTML)
		return take_page(metadata, text, err);
	if (capsa_metadata_has(metadata, "title"))
		return CAPSA_OK;
	found =
	    document == DOCUMENT_MARKDOWN ? markdown_title(text, &title) : first_line(text, &title);
	return found ? import_set_title(metadata, &title, err) : CAPSA_OK;
}

static enum capsa_status take_document(struct capsa_metadata *metadata, const char *type,
                                       struct capsa_text head, struct foreign_error *front_matter,
                                       struct capsa_error *err)
{
	enum document document = document_of(type);
	struct decoded decoded;
	enum capsa_status status = CAPSA_ENOMEM;

	if (document == DOCUMENT_OTHER)
		return CAPSA_OK;
	if (decode(type, document, head, &decoded))
		status = take_text(metadata, document, decoded.text, front_matter, err);
	free(decoded.room);
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
	/* A redirect has nothing that would be of any type. */
	if (head.size == 0 && capsa_metadata_has(metadata, "location"))
		return CAPSA_OK;
	if (!capsa_metadata_has(metadata, "format")) {
		const char *found = import_media_type(path, head);

		status = capsa_metadata_set(metadata, "format", found, strlen(found), err);
	}
	if (status != CAPSA_OK)
		return status;
	type = type_of(metadata);
	if (type == NULL)
		return capsa_fail_memory(err);
	cli_watch_memory();
	status = take_document(metadata, type, head, front_matter, err);
	cli_check_memory();
	if (status == CAPSA_OK && !capsa_metadata_has(metadata, "title") &&
	    stem_title(path, &title))
		status = import_set_title(metadata, &title, err);
	free(type);
	return status == CAPSA_ENOMEM ? capsa_fail_memory(err) : status;
}
