/*
 * The least that a program can take which uses what capsa uses: links zstd and libsodium, calls
 * both, and exits.
 */
#include <sodium.h>
#include <zstd.h>

int main(void)
{
	static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00};
	unsigned char digest[32], nothing[1];

	return crypto_generichash(digest, sizeof digest, frame, sizeof frame, NULL, 0) == 0 &&
	    ZSTD_decompress(nothing, sizeof nothing, frame, sizeof frame) == 0 ? 0 : 1;
}
