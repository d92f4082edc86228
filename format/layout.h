/* Constants of the format (spec 1.2, 2, 3).  Nothing here needs code. */
#ifndef CAPSA_LAYOUT_H
#define CAPSA_LAYOUT_H

#define CAPSA_MAJOR 1
#define CAPSA_MINOR 0

#define CAPSA_PREFIX_SIZE 25
#define CAPSA_HEAD_SIZE 16              /* of a capsa frame: magic, size, tag, type, detail */
#define CAPSA_TRAILER_SIZE 96
#define CAPSA_DIGEST_SIZE 32

#define CAPSA_FRAME_RAW_MAX (4U << 20)
#define CAPSA_FRAME_STORED_MAX ((4U << 20) + (64U << 10))
#define CAPSA_FRAME_ARTICLES_MAX 1024
#define CAPSA_FRAME_WAITING_MAX 65536   /* articles whose metadata line has not come yet */
#define CAPSA_PAGE_RAW_MAX (64U << 10)
#define CAPSA_PAGE_STORED_MAX (32U << 10)
#define CAPSA_PAGE_KEYS_MAX (512U << 10) /* bytes of a page's keys in full */
#define CAPSA_LEVELS_MAX 8
#define CAPSA_TREES_MAX 16
#define CAPSA_KEY_MAX 4096
#define CAPSA_PATH_MAX 4000
#define CAPSA_COMPONENT_MAX 255
#define CAPSA_LINE_MAX (1U << 20)
#define CAPSA_DEPTH_MAX 16
#define CAPSA_STATEMENT_MAX (16U << 10)
#define CAPSA_STATEMENT_TEXT_MAX 4000   /* of one value */
#define CAPSA_ATTESTATIONS_MAX 64
#define CAPSA_ATTESTATIONS_SIZE_MAX (512U << 10)
#define CAPSA_OFFSET_MAX ((uint64_t)INT64_MAX)

#define CAPSA_TAR_BLOCK 512
#define CAPSA_TAR_END_SIZE 1024
#define CAPSA_TAR_HEADER_MAX (18 * 512) /* extended header and ustar header */

#define CAPSA_LINK_BODY_MIN 1024        /* smaller bodies are not linked */
#define CAPSA_LINKS_MAX 1000            /* of one body */

/* Kinds of data frames (spec 4). */
enum capsa_frame_kind {
	CAPSA_FRAME_HEAD = 0,
	CAPSA_FRAME_ARTICLES = 1,
	CAPSA_FRAME_PART = 2,
	CAPSA_FRAME_METADATA = 3,
	CAPSA_FRAME_END = 4
};

/* Kinds of pages and trees (spec 8.1, 9.2). */
enum capsa_page_kind { CAPSA_PAGE_SPINE = 1, CAPSA_PAGE_KEYS = 2 };

#endif
