/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/inode.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static uint64_t inode_hash(const struct group *group, struct key key)
{
	return key.hash ^ (uintptr_t)group * 0x9e3779b97f4a7c15ULL;
}

/* Under the lock, like what follows unless it says otherwise. */
static struct inode *inode_create(struct inodes *t, enum inode_kind kind,
                                  struct group *group, struct inode *parent,
                                  const char *name, struct key key)
{
	size_t len = strlen(name);
	struct inode *i = calloc(1, sizeof(*i) + len + 1 + key.len);

	if (!i)
		return NULL;
	i->kind = kind;
	i->number = kind == INODE_ABOUT ? INODE_NUMBER_ABOUT : t->next_number++;
	i->group = group ? group_ref(group) : NULL;
	i->parent = parent;
	if (parent)
		parent->pins++;
	list_init(&i->queued_node);
	list_insert(&t->all, &i->all_node);
	memcpy(i->name, name, len + 1);
	i->name_len = len;
	i->key = key_copy(key, i->name + len + 1);
	return i;
}

static struct inode *inode_find(const struct inodes *t, enum inode_kind kind,
                                const struct group *group, const char *name,
                                struct key key)
{
	struct table_node *n = table_first(&t->table, inode_hash(group, key));

	for (; n; n = table_next(n)) {
		struct inode *i = container_of(n, struct inode, node);

		if (i->group == group && i->kind == kind &&
		    key_equal(i->key, key) && strcmp(i->name, name) == 0)
			return i;
	}
	return NULL;
}

/* The current inode of that name, made if there is none; one lookup more.  NULL
 * without memory. */
static struct inode *inode_current(struct inodes *t, enum inode_kind kind,
                                   struct group *group, struct inode *parent,
                                   const char *name, struct key key)
{
	struct inode *i = inode_find(t, kind, group, name, key);

	if (!i) {
		i = inode_create(t, kind, group, parent, name, key);
		if (!i)
			return NULL;
		i->current = true;
		table_insert(&t->table, &i->node, inode_hash(group, key));
	}
	i->lookups++;
	return i;
}

static void inode_supersede(struct inodes *t, struct inode *i)
{
	if (i->current)
		table_remove(&t->table, &i->node);
	i->current = false;
}

/* Without the lock: an inode that is linked nowhere. */
static void inode_free(struct inode *i)
{
	value_unref(atomic_load(&i->value));
	group_unref(i->group);
	free(i);
}

/* Without the lock: gives references back.  If nobody needs the inode any more
 * it is freed, and its parent gets back the pin on it. */
static void inode_put(struct inodes *t, struct inode *i, uint64_t lookups,
                      unsigned int pins)
{
	while (i) {
		struct inode *parent = i->parent;
		bool needed;

		pthread_mutex_lock(&t->lock);
		i->lookups -= lookups < i->lookups ? lookups : i->lookups;
		i->pins -= pins;
		needed = i->lookups || i->pins || i->kind == INODE_ROOT;
		if (!needed) {
			inode_supersede(t, i);
			list_remove(&i->all_node);
			if (i->kind == INODE_REPORT)
				t->report_bytes -= atomic_load(&i->value)->size;
		}
		pthread_mutex_unlock(&t->lock);
		if (needed)
			return;
		inode_free(i);
		i = parent;
		lookups = 0;
		pins = 1;
	}
}

/* ---- the interface ---- */

int inodes_init(struct inodes *t)
{
	pthread_mutex_init(&t->lock, NULL);
	t->next_number = INODE_NUMBER_ROOT;
	t->report_bytes = 0;
	list_init(&t->all);
	if (table_init(&t->table) < 0)
		return -ENOMEM;
	t->root = inode_current(t, INODE_ROOT, NULL, NULL, "", key_of("", 0));
	if (!t->root) {
		table_release(&t->table);
		return -ENOMEM;
	}
	t->next_number = INODE_NUMBER_OTHERS;
	return 0;
}

static struct inode *inode_get(struct inodes *t, enum inode_kind kind,
                               struct group *group, struct inode *parent,
                               const char *name, struct key key)
{
	struct inode *i;

	pthread_mutex_lock(&t->lock);
	i = inode_current(t, kind, group, parent, name, key);
	pthread_mutex_unlock(&t->lock);
	return i;
}

struct inode *inode_of_group(struct inodes *t, struct group *group)
{
	return inode_get(t, INODE_GROUP, group, t->root, group_name(group),
	                 key_of("", 0));
}

struct inode *inode_of_name(struct inodes *t, struct inode *dir,
                            const char *name)
{
	char bytes[PATH_MAX]; /* no name is longer */
	size_t len = strnlen(name, sizeof(bytes));

	return inode_get(t, INODE_KEY, dir->group, dir, name,
	                 key_of(bytes, key_from_name(name, len, bytes)));
}

struct inode *inode_of_about(struct inodes *t)
{
	return inode_get(t, INODE_ABOUT, NULL, t->root, INODE_ABOUT_NAME,
	                 key_of("", 0));
}

int inode_of_report(struct inodes *t, struct inode *about, size_t index,
                    const char *name, struct value *value, struct inode **out)
{
	struct inode *i = NULL;
	int err = 0;

	pthread_mutex_lock(&t->lock);
	if (value->size > INODE_REPORTS_MAX - t->report_bytes)
		err = -ENFILE;
	else
		i = inode_create(t, INODE_REPORT, NULL, about, name,
		                 key_of("", 0));
	if (i) {
		i->number = INODE_NUMBER_REPORTS + index;
		i->lookups = 1;
		atomic_store(&i->value, value_ref(value));
		t->report_bytes += value->size;
	}
	pthread_mutex_unlock(&t->lock);
	*out = i;
	return err ? err : i ? 0 : -ENOMEM;
}

void inode_forget(struct inodes *t, struct inode *i, uint64_t lookups)
{
	inode_put(t, i, lookups, 0);
}

void inode_pin(struct inodes *t, struct inode *i)
{
	pthread_mutex_lock(&t->lock);
	i->pins++;
	pthread_mutex_unlock(&t->lock);
}

void inode_unpin(struct inodes *t, struct inode *i)
{
	inode_put(t, i, 0, 1);
}

/* Under the lock. */
static void inode_set(struct inode *i, struct value *value)
{
	if (!atomic_load(&i->value))
		atomic_store(&i->value, value_ref(value));
}

struct inode *inode_bind(struct inodes *t, struct inode *i, struct value *value)
{
	struct inode *old = NULL;

	pthread_mutex_lock(&t->lock);
	if (atomic_load(&i->value) && atomic_load(&i->value) != value) {
		old = i;
		inode_supersede(t, old);
		i = inode_current(t, INODE_KEY, old->group, old->parent,
		                  old->name, old->key);
	}
	if (i && value)
		inode_set(i, value);
	pthread_mutex_unlock(&t->lock);
	if (old)
		inode_put(t, old, 1, 0);
	return i;
}

void inode_resolve(struct inodes *t, struct inode *i, struct value *value)
{
	pthread_mutex_lock(&t->lock);
	inode_set(i, value);
	pthread_mutex_unlock(&t->lock);
}

/* Under the lock. */
static bool inode_queue(struct inode *i, struct list_node *out)
{
	if (i->queued)
		return false;
	i->queued = true;
	i->pins++;
	list_insert(out->prev, &i->queued_node);
	return true;
}

static void inode_queue_matching(struct inode *i, const struct group *group,
                                 struct key key, struct list_node *out)
{
	if (i->kind == INODE_KEY && i->group == group &&
	    (!key.data || key_equal(i->key, key)))
		inode_queue(i, out);
}

void inodes_collect(struct inodes *t, struct group *group, struct key key,
                    struct list_node *out)
{
	struct list_node *l;
	struct table_node *n;

	pthread_mutex_lock(&t->lock);
	if (key.data)
		for (n = table_first(&t->table, inode_hash(group, key)); n;
		     n = table_next(n))
			inode_queue_matching(
			        container_of(n, struct inode, node), group, key,
			        out);
	else
		for (l = t->all.next; l != &t->all; l = l->next)
			inode_queue_matching(
			        container_of(l, struct inode, all_node), group,
			        key, out);
	pthread_mutex_unlock(&t->lock);
}

bool inode_collect(struct inodes *t, struct inode *i, struct list_node *out)
{
	bool queued;

	pthread_mutex_lock(&t->lock);
	queued = inode_queue(i, out);
	pthread_mutex_unlock(&t->lock);
	return queued;
}

void inode_dequeued(struct inodes *t, struct inode *i)
{
	pthread_mutex_lock(&t->lock);
	i->queued = false;
	pthread_mutex_unlock(&t->lock);
}

void inodes_release(struct inodes *t)
{
	while (!list_empty(&t->all)) {
		struct inode *i =
		        container_of(t->all.next, struct inode, all_node);

		list_remove(&i->all_node);
		inode_free(i);
	}
	table_release(&t->table);
	pthread_mutex_destroy(&t->lock);
}
