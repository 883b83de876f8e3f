/* The calls of src/binding.ts that concern TLS. */
#ifndef LOOP_NATIVE_TLS_BINDING_H
#define LOOP_NATIVE_TLS_BINDING_H

#include "binding.h"

CALL(ln_call_tls_load);
CALL(ln_call_tls_context);
CALL(ln_call_tls_begin);
CALL(ln_call_tls_facts);
CALL(ln_call_tls_certificates);
CALL(ln_call_tls_session);
CALL(ln_call_tls_verify_text);

#define LN_TLS_CALLS \
  {"tlsLoad", ln_call_tls_load}, {"tlsContext", ln_call_tls_context}, {"tlsBegin", ln_call_tls_begin}, \
  {"tlsFacts", ln_call_tls_facts}, {"tlsCertificates", ln_call_tls_certificates}, \
  {"tlsSession", ln_call_tls_session}, {"tlsVerifyText", ln_call_tls_verify_text}

#endif
