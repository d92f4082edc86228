/*
 * JSON-LD in the vocabulary of schema.org, as pages have it for search engines: what it says of the
 * page.  It is read as JSON; contexts are not loaded.
 */
#include "html.h"

#include "fields.h"

#include <stdlib.h>
#include <string.h>

#define SCRIPTS_MAX 32
#define NODES_MAX 256
#define VALUE_DEPTH_MAX 4
#define REFERENCES_MAX 100

/* How much a node is the page. */
enum rank { RANK_NONE, RANK_PAGE, RANK_ARTICLE };

/* The nodes of all scripts of a page. */
struct graph {
	char *scripts[SCRIPTS_MAX];     /* owned: canonical JSON */
	size_t script_count;
	struct capsa_text nodes[NODES_MAX];     /* objects, of scripts */
	size_t count;
	unsigned references;            /* that were followed */
};

static bool member(struct capsa_text node, const char *key, struct capsa_text *value)
{
	return capsa_line_find(node, key, value) == CAPSA_OK;
}

static bool same(struct capsa_text a, struct capsa_text b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* ---- nodes ---- */

static void collect(struct graph *graph, struct capsa_text value)
{
	static const char *const holding[] = {"@graph", "mainEntity"};
	struct capsa_text rest = value, key, inner;

	if (value.data[0] == '[')
		while (capsa_line_next(&rest, &key, &inner))
			collect(graph, inner);
	if (value.data[0] != '{' || graph->count == NODES_MAX)
		return;
	graph->nodes[graph->count++] = value;
	for (unsigned i = 0; i < 2; i++)
		if (member(value, holding[i], &inner))
			collect(graph, inner);
}

/*
 * A script may hold its JSON in a comment or a CDATA section, and scripts that cannot be read are
 * passed over.
 */
static void read_script(struct graph *graph, const struct claim *script)
{
	const char *begin = strpbrk(script->text, "{[");
	const char *end = script->text + script->size;
	struct foreign_error why;
	struct capsa_text json;
	char *canonical;

	while (begin != NULL && end > begin && end[-1] != '}' && end[-1] != ']')
		end--;
	if (begin == NULL || graph->script_count == SCRIPTS_MAX)
		return;
	json = (struct capsa_text){begin, (size_t)(end - begin)};
	canonical = import_json_value(json, &json.size, &why);
	if (canonical == NULL)
		return;
	json.data = canonical;
	graph->scripts[graph->script_count++] = canonical;
	collect(graph, json);
}

static bool ends(struct capsa_text text, const char *with)
{
	size_t size = strlen(with);

	return text.size >= size && memcmp(text.data + text.size - size, with, size) == 0;
}

/* "NewsArticle", "https://schema.org/NewsArticle" and "schema:NewsArticle" all end alike. */
static enum rank rank_of_type(struct capsa_text type)
{
	static const char *const articles[] = {"Article\"", "BlogPosting\"", "MediaPosting\"",
	                                       "ForumPosting\"", "Report\""};

	for (size_t i = 0; i < sizeof articles / sizeof *articles; i++)
		if (ends(type, articles[i]))
			return RANK_ARTICLE;
	return ends(type, "Page\"") ? RANK_PAGE : RANK_NONE;
}

static enum rank rank_of(struct capsa_text node)
{
	struct capsa_text type, rest, key, one;
	enum rank best = RANK_NONE;

	if (!member(node, "@type", &type))
		return RANK_NONE;
	if (type.data[0] != '[')
		return rank_of_type(type);
	rest = type;
	while (capsa_line_next(&rest, &key, &one)) {
		enum rank rank = rank_of_type(one);

		best = rank > best ? rank : best;
	}
	return best;
}

/* Nodes of different headlines are a list of articles, none of which is the page. */
static bool is_one(const struct graph *graph, enum rank rank)
{
	struct capsa_text headline, first = {NULL, 0};

	for (size_t i = 0; i < graph->count; i++) {
		if (rank_of(graph->nodes[i]) != rank ||
		    !member(graph->nodes[i], "headline", &headline))
			continue;
		if (first.data != NULL && !same(first, headline))
			return false;
		first = headline;
	}
	return true;
}

/* ---- what they say ---- */

static void say_text(struct claims *claims, const char *name, struct capsa_text json)
{
	struct capsa_text text;
	char *room;

	if (json.size > CLAIM_VALUE_MAX)
		return;
	room = import_field_text(json, &text);
	if (room == NULL) {
		claims->failed = true;
		return;
	}
	import_claim(claims, name, text);
	free(room);
}

/* The name of the node that is referred to by its "@id". */
static bool name_elsewhere(struct graph *graph, struct capsa_text reference,
                           struct capsa_text *name)
{
	struct capsa_text id, other;

	if (graph->references == REFERENCES_MAX || !member(reference, "@id", &id))
		return false;
	graph->references++;
	for (size_t i = 0; i < graph->count; i++)
		if (member(graph->nodes[i], "@id", &other) && same(id, other) &&
		    member(graph->nodes[i], "name", name))
			return true;
	return false;
}

/* A text; of things their names; of a list all of these. */
static void say(struct graph *graph, struct claims *claims, const char *name,
                struct capsa_text value, unsigned depth)
{
	struct capsa_text rest = value, key, inner;

	if (depth > VALUE_DEPTH_MAX)
		return;
	if (value.data[0] == '"')
		say_text(claims, name, value);
	else if (value.data[0] == '[')
		while (claims->count < CLAIMS_MAX && capsa_line_next(&rest, &key, &inner))
			say(graph, claims, name, inner, depth + 1);
	else if (value.data[0] == '{' &&
	         (member(value, "@value", &inner) || member(value, "name", &inner) ||
	          name_elsewhere(graph, value, &inner)))
		say(graph, claims, name, inner, depth + 1);
}

/* A property is what the first node that has it says. */
static void say_all(struct graph *graph, struct claims *claims, enum rank rank)
{
	static const char *const names[] = {
	    "ld:headline", "ld:name",     "ld:description", "ld:datePublished", "ld:dateModified",
	    "ld:author",   "ld:keywords", "ld:inLanguage",  "ld:publisher",
	};
	struct capsa_text value;

	for (size_t i = 0; i < graph->count; i++) {
		if (rank_of(graph->nodes[i]) != rank)
			continue;
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			if (!import_claimed(claims, names[k]) &&
			    member(graph->nodes[i], names[k] + strlen("ld:"), &value))
				say(graph, claims, names[k], value, 0);
	}
}

void import_linked_data(struct claims *claims)
{
	struct graph graph = {.count = 0};

	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->items[i].name, CLAIM_LINKED_DATA) == 0)
			read_script(&graph, &claims->items[i]);
	for (enum rank rank = RANK_ARTICLE; rank > RANK_NONE; rank--)
		if (is_one(&graph, rank))
			say_all(&graph, claims, rank);
	for (size_t i = 0; i < graph.script_count; i++)
		free(graph.scripts[i]);
}
