/*
 * The table of slots: index and generation name one, so that ids stay unambiguous while descriptors are reused.
 *
 * The table is one block whose pages the system provides when they are first touched; slots never move, so pointers to
 * them stay good. Free slots are reused last in, first out, while they are warm.
 */
#include "loop_native.h"
#include "tls.h"

#define INDEX_MASK (LN_SLOTS - 1)
/* Ids stay positive: negative numbers are errors. */
#define GENERATION_MASK ((1u << (31 - LN_SLOT_BITS)) - 1)

int32_t ln_slot_id(const struct ln_port *port, const struct ln_slot *slot) {
  return (int32_t)(slot->generation << LN_SLOT_BITS) | ln_slot_index(port, slot);
}

struct ln_slot *ln_slot_find(struct ln_port *port, int32_t id) {
  if (id < 0) return NULL;
  struct ln_slot *slot = &port->slots[id & INDEX_MASK];
  return slot->kind != LN_FREE && slot->generation == (uint32_t)id >> LN_SLOT_BITS ? slot : NULL;
}

struct ln_slot *ln_slot_new(struct ln_port *port, enum ln_kind kind, ln_fd fd) {
  struct ln_slot *slot;
  if (port->free_slot >= 0) {
    slot = &port->slots[port->free_slot];
    port->free_slot = slot->next;
  } else if (port->slots_used < LN_SLOTS) {
    slot = &port->slots[port->slots_used++];
  } else {
    return NULL;
  }
  *slot = (struct ln_slot){
      .generation = slot->generation,
      .fd = fd,
      .kind = (uint8_t)kind,
      .low = LN_LOW_WATER,
      .early_send = LN_NOT_MADE,
      .next = -1,
      .chain_head = -1,
      .chain_tail = -1,
  };
  port->pending[ln_slot_index(port, slot)] = 0;
  return slot;
}

void ln_slot_free(struct ln_port *port, struct ln_slot *slot) {
  if (slot->kind != LN_FREE) {
    ln_unsent_free(&slot->unsent);
    ln_tls_end_session(slot);
    slot->kind = LN_FREE;
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
  }
  if (slot->flags & LN_QUEUED) return; /* Freed for good when the take comes to it. */
  slot->next = port->free_slot;
  port->free_slot = ln_slot_index(port, slot);
}

void ln_slot_work(struct ln_port *port, struct ln_slot *slot) {
  if (slot->flags & LN_QUEUED) return;
  slot->flags |= LN_QUEUED;
  slot->next = -1;
  int32_t index = ln_slot_index(port, slot);
  if (port->work_tail >= 0) port->slots[port->work_tail].next = index;
  else port->work_head = index;
  port->work_tail = index;
  port->work_count++;
}
