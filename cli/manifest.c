/*
 * Manifests: the digests of whole files, in the lines that sha256sum -c and b2sum -c read.
 */
#include "manifest.h"

#include "digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE (1U << 20)

static const char *const names[MANIFEST_KINDS] = {"sha256", "blake2b"};

/* Both digests are made in one reading; they have 32 bytes each. */
struct digests {
	struct sha256_state sha256;
	struct digest_state blake2b;
	uint8_t values[MANIFEST_KINDS][32];
};

int cli_manifest_option(struct manifest *manifest, const char *argument)
{
	size_t size = strcspn(argument, "=");

	for (size_t i = 0; i < MANIFEST_KINDS; i++) {
		if (size != strlen(names[i]) || memcmp(argument, names[i], size) != 0 ||
		    argument[size] == '\0' || argument[size + 1] == '\0')
			continue;
		if (manifest->files[i] != NULL) {
			cli_error("--manifest %s= is given twice", names[i]);
			return CLI_USAGE;
		}
		manifest->files[i] = argument + size + 1;
		/* The report goes there. */
		if (strcmp(manifest->files[i], "-") != 0)
			return CLI_DONE;
		cli_error("--manifest '%s': a manifest cannot go to standard output",
		          cli_quote(argument));
		return CLI_USAGE;
	}
	cli_error("--manifest '%s': must be sha256=FILE or blake2b=FILE", cli_quote(argument));
	return CLI_USAGE;
}

bool cli_manifest_wanted(const struct manifest *manifest)
{
	return manifest->files[0] != NULL || manifest->files[1] != NULL;
}

int cli_manifest_begin(struct manifest *manifest, bool force)
{
	for (size_t i = 0; i < MANIFEST_KINDS; i++) {
		if (manifest->files[i] == NULL)
			continue;
		manifest->outputs[i] = cli_output_begin(manifest->files[i], false, force);
		if (manifest->outputs[i] == NULL)
			return CLI_FAILED;
	}
	return CLI_DONE;
}

static int digest_file(const struct cli_archive *archive, struct digests *out)
{
	const struct capsa_source *source = &archive->source;
	uint8_t *buffer = malloc(READ_SIZE);
	int sys = buffer != NULL ? 0 : ENOMEM;

	capsa_sha256_init(&out->sha256);
	capsa_digest_init(&out->blake2b);
	cli_progress_start("manifest", source->size);
	for (uint64_t at = 0; sys == 0 && cli_signal == 0 && at < source->size;) {
		uint64_t left = source->size - at;
		size_t size = left < READ_SIZE ? (size_t)left : READ_SIZE;

		sys = source->read_at(source->ctx, at, buffer, size);
		if (sys != 0)
			break;
		capsa_sha256_update(&out->sha256, span_of(buffer, size));
		capsa_digest_update(&out->blake2b, span_of(buffer, size));
		at += size;
		cli_progress_step(0, at);
	}
	cli_progress_end();
	free(buffer);
	capsa_sha256_final(&out->sha256, out->values[0]);
	capsa_digest_final(&out->blake2b, out->values[1]);
	if (sys != 0)
		cli_error("cannot read %s: %s", cli_quote(archive->path), strerror(sys));
	return sys == 0 && cli_signal == 0 ? CLI_DONE : CLI_FAILED;
}

/* As the coreutils write it: a backslash before the digest says that the name is escaped. */
static void put_line(FILE *to, const uint8_t digest[32], const char *path)
{
	static const char special[] = "\\\n\r", letters[] = "\\nr";

	if (strpbrk(path, special) != NULL)
		putc('\\', to);
	for (size_t i = 0; i < 32; i++)
		fprintf(to, "%02x", digest[i]);
	fputs("  ", to);
	for (; *path != '\0'; path++) {
		const char *found = strchr(special, *path);

		if (found != NULL)
			fprintf(to, "\\%c", letters[found - special]);
		else
			putc(*path, to);
	}
	putc('\n', to);
}

/* 0 or an errno value. */
static int write_line(int fd, const uint8_t digest[32], const char *path)
{
	struct capsa_sink sink = capsa_sink_file(fd);
	char *line = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&line, &size);
	int sys = to != NULL ? 0 : errno;

	if (to != NULL) {
		put_line(to, digest, path);
		sys = fclose(to) == 0 && line != NULL ? sink.write(sink.ctx, line, size) : ENOMEM;
	}
	free(line);
	return sys;
}

int cli_manifest_add(struct manifest *manifest, const struct cli_archive *archive)
{
	struct digests digests;
	int status = digest_file(archive, &digests);

	for (size_t i = 0; status == CLI_DONE && i < MANIFEST_KINDS; i++) {
		int sys;

		if (manifest->outputs[i] == NULL)
			continue;
		sys = write_line(cli_output_fd(manifest->outputs[i]), digests.values[i],
		                 archive->path);
		if (sys != 0) {
			cli_error("cannot write %s: %s", cli_quote(manifest->files[i]),
			          strerror(sys));
			status = CLI_FAILED;
		}
	}
	return status;
}

int cli_manifest_end(struct manifest *manifest, bool keep)
{
	int status = CLI_DONE;

	for (size_t i = 0; i < MANIFEST_KINDS; i++) {
		if (manifest->outputs[i] == NULL)
			continue;
		if (keep)
			status = cli_worse(status, cli_output_commit(manifest->outputs[i]));
		else
			cli_output_abandon(manifest->outputs[i]);
		manifest->outputs[i] = NULL;
	}
	return status;
}
