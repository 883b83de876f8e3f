/* Addresses between text and the system's structures. */
#define LN_LAYER LN_LAYER_OS

#include <stdio.h>
#include <string.h>

#include "os.h"

#if !defined(_WIN32)
#include <net/if.h>
#endif

int ln_address_parse(const char *host, int port, struct ln_endpoint *endpoint) {
  memset(endpoint, 0, sizeof *endpoint);
  if (uv_ip4_addr(host, port, &endpoint->address.v4) == 0) {
    endpoint->length = sizeof endpoint->address.v4;
    return 0;
  }
  /* Takes a zone as well: fe80::1%eth0. */
  if (uv_ip6_addr(host, port, &endpoint->address.v6) != 0) return UV_EINVAL;
  endpoint->length = sizeof endpoint->address.v6;
  return 0;
}

int ln_address_path(const char *path, size_t length, struct ln_endpoint *endpoint) {
#if defined(_WIN32)
  (void)path, (void)length, (void)endpoint;
  return UV_ENOTSUP;
#else
  struct sockaddr_un *local = &endpoint->address.local;
  memset(endpoint, 0, sizeof *endpoint);
  /* The system would end a path at a zero byte; only an abstract name may have more of them. */
  if (length == 0 || (path[0] != 0 && memchr(path, 0, length) != NULL)) return UV_EINVAL;
  if (length >= sizeof local->sun_path) return UV_ENAMETOOLONG;
  local->sun_family = AF_UNIX;
  memcpy(local->sun_path, path, length);
  /* An abstract name (first byte 0) is as long as it is; a path ends with its 0. */
  endpoint->length = (ln_length)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] != 0));
  return 0;
#endif
}

/* A link-local address says nothing without its zone: fe80::1%eth0. */
static int append_zone(const struct sockaddr_in6 *address, char *host, size_t size) {
  uint32_t zone = address->sin6_scope_id;
  size_t length = strlen(host);
#if !defined(_WIN32)
  char name[IF_NAMESIZE];
  if (if_indextoname(zone, name) != NULL)
    return (size_t)snprintf(host + length, size - length, "%%%s", name) < size - length ? 0 : UV_ENOSPC;
#endif
  return (size_t)snprintf(host + length, size - length, "%%%u", (unsigned)zone) < size - length ? 0 : UV_ENOSPC;
}

int ln_address_format(const struct sockaddr *address, char *host, size_t size, int *port) {
  if (address->sa_family == AF_INET) {
    *port = ntohs(((const struct sockaddr_in *)address)->sin_port);
    return uv_ip4_name((const struct sockaddr_in *)address, host, size);
  }
  if (address->sa_family != AF_INET6) return UV_EAFNOSUPPORT;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
  *port = ntohs(v6->sin6_port);
  int error = uv_ip6_name(v6, host, size);
  return error == 0 && v6->sin6_scope_id != 0 ? append_zone(v6, host, size) : error;
}
