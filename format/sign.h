/*
 * Signing with minisign's formats (spec 10.1).  sign.c is the one file that calls libsodium
 * for it.  The public part of its interface is in capsa.h.
 */
#ifndef CAPSA_SIGN_H
#define CAPSA_SIGN_H

#include "base.h"

#define CAPSA_UNTRUSTED_COMMENT "untrusted comment: capsa signature"

#endif
