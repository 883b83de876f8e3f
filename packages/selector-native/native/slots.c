/*
 * The table of slots: index and generation name one, so that ids stay unambiguous while descriptors are reused.
 *
 * The table is one block whose pages the system provides when they are first touched; slots never move, so pointers to
 * them stay good. Free slots are reused last in, first out, while they are warm.
 */
#define LN_LAYER LN_LAYER_SLOT

#include "slot.h"

#define INDEX_MASK (LN_SLOTS - 1)
/* Ids stay positive: negative numbers are errors. */
#define GENERATION_MASK ((1u << (31 - LN_SLOT_BITS)) - 1)

int32_t ln_slot_id(const struct ln_engine *engine, const struct ln_slot *slot) {
  return (int32_t)(slot->generation << LN_SLOT_BITS) | ln_slot_index(engine, slot);
}

struct ln_slot *ln_slot_find(struct ln_engine *engine, int32_t id) {
  if (id < 0) return NULL;
  struct ln_slot *slot = &engine->slots[id & INDEX_MASK];
  return slot->kind != LN_FREE && slot->generation == (uint32_t)id >> LN_SLOT_BITS ? slot : NULL;
}

struct ln_slot *ln_slot_new(struct ln_engine *engine, enum ln_kind kind, ln_fd fd) {
  struct ln_slot *slot;
  if (engine->free_slot >= 0) {
    slot = &engine->slots[engine->free_slot];
    engine->free_slot = slot->next;
  } else if (engine->slots_used < LN_SLOTS) {
    slot = &engine->slots[engine->slots_used++];
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
  engine->pending[ln_slot_index(engine, slot)] = 0;
  return slot;
}

void ln_slot_free(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->kind != LN_FREE) {
    ln_unsent_free(&slot->unsent);
    slot->kind = LN_FREE;
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
  }
  if (slot->flags & LN_QUEUED) return; /* Freed for good when the take comes to it. */
  slot->next = engine->free_slot;
  engine->free_slot = ln_slot_index(engine, slot);
}

void ln_slot_work(struct ln_engine *engine, struct ln_slot *slot) {
  if (slot->flags & LN_QUEUED) return;
  slot->flags |= LN_QUEUED;
  slot->next = -1;
  int32_t index = ln_slot_index(engine, slot);
  if (engine->work_tail >= 0) engine->slots[engine->work_tail].next = index;
  else engine->work_head = index;
  engine->work_tail = index;
  engine->work_count++;
}

void ln_emit(struct ln_engine *engine, const struct ln_slot *slot, enum ln_event_kind kind, int32_t a, int32_t b) {
  int32_t *event = engine->events + 4 * engine->event_count++;
  event[0] = ln_slot_id(engine, slot);
  event[1] = (int32_t)kind;
  event[2] = a;
  event[3] = b;
}

void ln_slot_ready(struct ln_engine *engine, int32_t id, unsigned readiness) {
  struct ln_slot *slot = ln_slot_find(engine, id);
  if (slot == NULL) return;
  slot->ready |= (uint8_t)(slot->early_bytes != NULL ? readiness | LN_NEWER : readiness);
  ln_slot_work(engine, slot);
}
