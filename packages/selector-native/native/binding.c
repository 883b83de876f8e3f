/* Between JavaScript values and C. */
#define LN_LAYER LN_LAYER_BINDING

#include "binding.h"

#include <string.h>

const napi_type_tag ln_engine_tag = {0x6c6f6f702d6e6174, 0x69766520706f7274};

napi_value ln_number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

int32_t ln_to_int(napi_env env, napi_value value) {
  int32_t result = 0;
  napi_get_value_int32(env, value, &result);
  return result;
}

napi_value ln_text(napi_env env, const char *value, size_t length) {
  napi_value result = NULL;
  napi_create_string_utf8(env, value, length, &result);
  return result;
}

void ln_set(napi_env env, napi_value object, const char *name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

int ln_to_endpoint(napi_env env, napi_value host, napi_value engine, struct ln_endpoint *endpoint) {
  char buffer[256]; /* above every path and address that the system takes */
  size_t length = 0;
  memset(endpoint, 0, sizeof *endpoint);
  if (napi_get_value_string_utf8(env, host, NULL, 0, &length) != napi_ok) return UV_EINVAL;
  if (length == 0) return 0;
  if (length >= sizeof buffer) return UV_ENAMETOOLONG;
  napi_get_value_string_utf8(env, host, buffer, sizeof buffer, &length);
  int32_t number_of_port = ln_to_int(env, engine);
  return number_of_port < 0 ? ln_address_path(buffer, length, endpoint)
                            : ln_address_parse(buffer, number_of_port, endpoint);
}

bool ln_enter(struct ln_call_info *call, napi_env env, napi_callback_info info) {
  size_t count = LN_MAX_ARGUMENTS;
  void *data = NULL;
  bool tagged = false;
  call->env = env;
  napi_get_cb_info(env, info, &count, call->arguments, NULL, NULL);
  if (napi_check_object_type_tag(env, call->arguments[0], &ln_engine_tag, &tagged) == napi_ok && tagged)
    napi_get_value_external(env, call->arguments[0], &data);
  if (data == NULL || ((struct binding *)data)->engine.closed) {
    napi_throw_error(env, "ERR_LOOP_ENGINE_CLOSED", "the native engine is closed");
    return false;
  }
  call->engine = &((struct binding *)data)->engine;
  return true;
}

struct ln_slot *ln_slot_of(struct ln_call_info *call) {
  return ln_slot_find(call->engine, ln_to_int(call->env, call->arguments[1]));
}

bool ln_bytes_of(struct ln_call_info *call, char **bytes, size_t *length) {
  void *data = NULL;
  if (napi_get_typedarray_info(call->env, call->arguments[2], NULL, length, &data, NULL, NULL) != napi_ok) return false;
  *bytes = data;
  return true;
}
