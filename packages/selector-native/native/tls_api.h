/*
 * The part of OpenSSL's interface that is used, declared here: the library is the one inside Node, whose executable
 * re-exports its symbols for addons, and is looked up when the program runs. So nothing of OpenSSL is needed to build,
 * one binary serves every Node, and security fixes come with Node. All of it is documented and the same in OpenSSL 3.0
 * and 3.5; `scripts/check-portable.mjs` compares the declarations with the headers of the Node that builds.
 */
#ifndef LOOP_NATIVE_TLS_API_H
#define LOOP_NATIVE_TLS_API_H

#include <stddef.h>
#include <stdint.h>

#include "layers.h"

#if LN_LAYER < LN_LAYER_TLS
#error "tls_api.h is of a higher layer than the file that includes it"
#endif

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;
typedef struct ssl_cipher_st SSL_CIPHER;
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct x509_st X509;
typedef struct stack_st OPENSSL_STACK;
typedef struct crypto_ex_data_st CRYPTO_EX_DATA;
typedef struct x509_store_ctx_st X509_STORE_CTX;

typedef void ln_ex_new(void *, void *, CRYPTO_EX_DATA *, int, long, void *);
typedef int ln_ex_dup(CRYPTO_EX_DATA *, const CRYPTO_EX_DATA *, void **, int, long, void *);
typedef int ln_alpn_select(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned int, void *);

/* X(result, name, arguments) */
#define LN_TLS_FUNCTIONS(X) \
  X(unsigned long, OpenSSL_version_num, (void)) \
  X(int, CRYPTO_get_ex_new_index, (int, long, void *, ln_ex_new *, ln_ex_dup *, ln_ex_new *)) \
  X(unsigned long, ERR_peek_error, (void)) \
  X(void, ERR_clear_error, (void)) \
  X(const char *, ERR_reason_error_string, (unsigned long)) \
  X(const char *, ERR_lib_error_string, (unsigned long)) \
  X(const char *, X509_verify_cert_error_string, (long)) \
  X(int, i2d_X509, (const X509 *, unsigned char **)) \
  X(void, X509_free, (X509 *)) \
  X(int, OPENSSL_sk_num, (const OPENSSL_STACK *)) \
  X(void *, OPENSSL_sk_value, (const OPENSSL_STACK *, int)) \
  X(BIO_METHOD *, BIO_meth_new, (int, const char *)) \
  X(int, BIO_meth_set_write, (BIO_METHOD *, int (*)(BIO *, const char *, int))) \
  X(int, BIO_meth_set_read, (BIO_METHOD *, int (*)(BIO *, char *, int))) \
  X(int, BIO_meth_set_ctrl, (BIO_METHOD *, long (*)(BIO *, int, long, void *))) \
  X(BIO *, BIO_new, (const BIO_METHOD *)) \
  X(void, BIO_set_data, (BIO *, void *)) \
  X(void *, BIO_get_data, (BIO *)) \
  X(void, BIO_set_init, (BIO *, int)) \
  X(void, BIO_set_flags, (BIO *, int)) \
  X(void, BIO_clear_flags, (BIO *, int)) \
  X(int, SSL_CTX_up_ref, (SSL_CTX *)) \
  X(void, SSL_CTX_free, (SSL_CTX *)) \
  X(void, SSL_CTX_set_alpn_select_cb, (SSL_CTX *, ln_alpn_select *, void *)) \
  X(int, SSL_select_next_proto, (unsigned char **, unsigned char *, const unsigned char *, unsigned int, const unsigned char *, unsigned int)) \
  X(SSL *, SSL_new, (SSL_CTX *)) \
  X(void, SSL_free, (SSL *)) \
  X(void, SSL_set_bio, (SSL *, BIO *, BIO *)) \
  X(void, SSL_set_accept_state, (SSL *)) \
  X(void, SSL_set_connect_state, (SSL *)) \
  X(long, SSL_ctrl, (SSL *, int, long, void *)) \
  X(uint64_t, SSL_set_options, (SSL *, uint64_t)) \
  X(void, SSL_set_verify, (SSL *, int, int (*)(int, X509_STORE_CTX *))) \
  X(int, SSL_set_alpn_protos, (SSL *, const unsigned char *, unsigned int)) \
  X(int, SSL_set_session, (SSL *, SSL_SESSION *)) \
  X(int, SSL_do_handshake, (SSL *)) \
  X(int, SSL_read_ex, (SSL *, void *, size_t, size_t *)) \
  X(int, SSL_write_ex, (SSL *, const void *, size_t, size_t *)) \
  X(int, SSL_shutdown, (SSL *)) \
  X(int, SSL_get_error, (const SSL *, int)) \
  X(long, SSL_get_verify_result, (const SSL *)) \
  X(X509 *, SSL_get1_peer_certificate, (const SSL *)) \
  X(struct stack_st_X509 *, SSL_get_peer_cert_chain, (const SSL *)) \
  X(void, SSL_get0_alpn_selected, (const SSL *, const unsigned char **, unsigned int *)) \
  X(const char *, SSL_get_servername, (const SSL *, int)) \
  X(const char *, SSL_get_version, (const SSL *)) \
  X(const SSL_CIPHER *, SSL_get_current_cipher, (const SSL *)) \
  X(const char *, SSL_CIPHER_get_name, (const SSL_CIPHER *)) \
  X(const char *, SSL_CIPHER_standard_name, (const SSL_CIPHER *)) \
  X(const char *, SSL_CIPHER_get_version, (const SSL_CIPHER *)) \
  X(int, SSL_session_reused, (const SSL *)) \
  X(SSL_SESSION *, SSL_get1_session, (SSL *)) \
  X(void, SSL_SESSION_free, (SSL_SESSION *)) \
  X(int, i2d_SSL_SESSION, (const SSL_SESSION *, unsigned char **)) \
  X(SSL_SESSION *, d2i_SSL_SESSION, (SSL_SESSION **, const unsigned char **, long))

#define LN_TLS_POINTER(result, name, arguments) result(*name) arguments;
struct ln_openssl {
  LN_TLS_FUNCTIONS(LN_TLS_POINTER)
};
#undef LN_TLS_POINTER

/* The functions; usable once ln_openssl_load() has returned NULL. */
extern struct ln_openssl openssl;

/* Looks the functions up, once for the process. NULL, or why TLS has to be left to Node. */
const char *ln_openssl_load(void);

/* Constants of the documented interface. */
#define LN_EX_INDEX_SSL_CTX 1
#define LN_BIO_TYPE_SOURCE_SINK 0x0400
#define LN_BIO_FLAGS_READ 0x01
#define LN_BIO_FLAGS_RETRY 0x0f /* read, write, special and should-retry together */
#define LN_BIO_FLAGS_SHOULD_RETRY 0x08
#define LN_BIO_CTRL_FLUSH 11
#define LN_SSL_CTRL_MODE 33
#define LN_SSL_CTRL_SET_HOSTNAME 55
#define LN_SSL_MODE_RELEASE_BUFFERS 0x10L
#define LN_SSL_OP_NO_RENEGOTIATION ((uint64_t)1 << 30)
#define LN_SSL_VERIFY_NONE 0
#define LN_SSL_VERIFY_PEER 1
#define LN_SSL_VERIFY_FAIL_IF_NO_PEER_CERT 2
#define LN_SSL_ERROR_WANT_READ 2
#define LN_SSL_ERROR_ZERO_RETURN 6
#define LN_SSL_TLSEXT_ERR_OK 0
#define LN_SSL_TLSEXT_ERR_ALERT_FATAL 2
#define LN_OPENSSL_NPN_NEGOTIATED 1
#define LN_X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT 2

#endif
