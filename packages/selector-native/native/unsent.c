/* Bytes that the kernel did not take, in one growing block. */
#define LN_LAYER LN_LAYER_SLOT

#include <stdlib.h>
#include <string.h>

#include "slot.h"

/* The first block of unsent bytes: a page. */
#define UNSENT_MIN 4096

int ln_unsent_append(struct ln_unsent *unsent, const char *bytes, size_t length) {
  size_t size = ln_unsent_size(unsent);
  /* Moved to the front only when as much was sent as is moved: else a long queue would be moved for each short write. */
  if (unsent->end + length > unsent->capacity && unsent->begin >= size) {
    if (size > 0) memmove(unsent->bytes, unsent->bytes + unsent->begin, size);
    unsent->begin = 0;
    unsent->end = size;
  }
  if (unsent->end + length > unsent->capacity) {
    size_t capacity = unsent->capacity == 0 ? UNSENT_MIN : unsent->capacity;
    while (capacity < unsent->end + length) capacity *= 2;
    char *grown = realloc(unsent->bytes, capacity);
    if (grown == NULL) return UV_ENOMEM;
    unsent->bytes = grown;
    unsent->capacity = capacity;
  }
  memcpy(unsent->bytes + unsent->end, bytes, length);
  unsent->end += length;
  return 0;
}

void ln_unsent_free(struct ln_unsent *unsent) {
  free(unsent->bytes);
  *unsent = (struct ln_unsent){0};
}
