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

/* Under the lock, like all of the static functions but inode_free(). */
static struct inode *inode_create(struct inodes *t, enum inode_kind kind,
                                  struct group *group, struct inode *parent,
                                  const char *name, struct key key)
{
	size_t len = strlen(name);
	struct inode *i = calloc(1, sizeof(*i) + len + 1 + key.len);

	if (!i)
		return NULL;
	i->kind = kind;
	i->number = t->next_number++;
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

static void inode_make_current(struct inodes *t, struct inode *i)
{
	i->current = true;
	table_insert(&t->table, &i->node, inode_hash(i->group, i->key));
}

static void inode_supersede(struct inodes *t, struct inode *i)
{
	if (i->current)
		table_remove(&t->table, &i->node);
	i->current = false;
}

/* Unlinks and returns the inode if nobody needs it: it is then the caller's,
 * for inode_free() without the lock. */
static struct inode *inode_drop(struct inodes *t, struct inode *i)
{
	if (i->lookups || i->pins || i->kind == INODE_ROOT)
		return NULL;
	inode_supersede(t, i);
	list_remove(&i->all_node);
	if (i->kind == INODE_REPORT)
		t->report_bytes -= atomic_load(&i->value)->size;
	return i;
}

static void inode_free(struct inodes *t, struct inode *i)
{
	while (i) {
		struct inode *parent = i->parent;

		value_unref(atomic_load(&i->value));
		group_unref(i->group);
		free(i);
		i = NULL;
		if (parent) {
			pthread_mutex_lock(&t->lock);
			parent->pins--;
			i = inode_drop(t, parent);
			pthread_mutex_unlock(&t->lock);
		}
	}
}

static struct inode *inode_find(const struct inodes *t,
                                const struct group *group, struct key key,
                                enum inode_kind kind, const char *name)
{
	struct table_node *n = table_first(&t->table, inode_hash(group, key));

	for (; n; n = table_next(n)) {
		struct inode *i = container_of(n, struct inode, node);

		if (i->group == group && i->kind == kind &&
		    key_equal(i->key, key) &&
		    (!name || strcmp(i->name, name) == 0))
			return i;
	}
	return NULL;
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
	t->root = inode_create(t, INODE_ROOT, NULL, NULL, "", key_of("", 0));
	if (!t->root) {
		table_release(&t->table);
		return -ENOMEM;
	}
	inode_make_current(t, t->root);
	t->next_number = INODE_NUMBER_OTHERS;
	return 0;
}

struct inode *inode_of_group(struct inodes *t, struct group *group)
{
	struct key none = key_of("", 0);
	struct inode *i;

	pthread_mutex_lock(&t->lock);
	i = inode_find(t, group, none, INODE_GROUP, NULL);
	if (!i) {
		i = inode_create(t, INODE_GROUP, group, t->root,
		                 group_name(group), none);
		if (i)
			inode_make_current(t, i);
	}
	if (i)
		i->lookups++;
	pthread_mutex_unlock(&t->lock);
	return i;
}

struct inode *inode_of_name(struct inodes *t, struct inode *dir,
                            const char *name)
{
	char bytes[PATH_MAX]; /* no name is longer */
	size_t len = strnlen(name, sizeof(bytes));
	struct key key = key_of(bytes, key_from_name(name, len, bytes));
	struct inode *i;

	pthread_mutex_lock(&t->lock);
	i = inode_find(t, dir->group, key, INODE_KEY, name);
	if (!i) {
		i = inode_create(t, INODE_KEY, dir->group, dir, name, key);
		if (i)
			inode_make_current(t, i);
	}
	if (i)
		i->lookups++;
	pthread_mutex_unlock(&t->lock);
	return i;
}

struct inode *inode_of_about(struct inodes *t)
{
	struct key none = key_of("", 0);
	struct inode *i;

	pthread_mutex_lock(&t->lock);
	i = inode_find(t, NULL, none, INODE_ABOUT, NULL);
	if (!i) {
		i = inode_create(t, INODE_ABOUT, NULL, t->root,
		                 INODE_ABOUT_NAME, none);
		if (i) {
			i->number = INODE_NUMBER_ABOUT;
			inode_make_current(t, i);
		}
	}
	if (i)
		i->lookups++;
	pthread_mutex_unlock(&t->lock);
	return i;
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
	pthread_mutex_lock(&t->lock);
	i->lookups -= lookups < i->lookups ? lookups : i->lookups;
	i = inode_drop(t, i);
	pthread_mutex_unlock(&t->lock);
	inode_free(t, i);
}

void inode_pin(struct inodes *t, struct inode *i)
{
	pthread_mutex_lock(&t->lock);
	i->pins++;
	pthread_mutex_unlock(&t->lock);
}

void inode_unpin(struct inodes *t, struct inode *i)
{
	pthread_mutex_lock(&t->lock);
	i->pins--;
	i = inode_drop(t, i);
	pthread_mutex_unlock(&t->lock);
	inode_free(t, i);
}

/* Under the lock: a new current inode of the same name; the lookup moves to
 * it.  *left is the old one if it is to be freed. */
static struct inode *inode_renew(struct inodes *t, struct inode *i,
                                 struct inode **left)
{
	struct inode *made =
	        inode_find(t, i->group, i->key, INODE_KEY, i->name);

	if (!made || made == i) {
		inode_supersede(t, i);
		made = inode_create(t, INODE_KEY, i->group, i->parent, i->name,
		                    i->key);
		if (made)
			inode_make_current(t, made);
	}
	if (made)
		made->lookups++;
	i->lookups--;
	*left = inode_drop(t, i);
	return made;
}

static void inode_set(struct inode *i, struct value *value)
{
	if (!atomic_load(&i->value))
		atomic_store(&i->value, value_ref(value));
}

struct inode *inode_bind(struct inodes *t, struct inode *i, struct value *value)
{
	struct inode *left = NULL;

	pthread_mutex_lock(&t->lock);
	if (atomic_load(&i->value) && atomic_load(&i->value) != value)
		i = inode_renew(t, i, &left);
	if (i)
		inode_set(i, value);
	pthread_mutex_unlock(&t->lock);
	inode_free(t, left);
	return i;
}

struct inode *inode_unbind(struct inodes *t, struct inode *i)
{
	struct inode *left = NULL;

	pthread_mutex_lock(&t->lock);
	if (atomic_load(&i->value))
		i = inode_renew(t, i, &left);
	pthread_mutex_unlock(&t->lock);
	inode_free(t, left);
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

static void inode_collect_matching(struct inode *i, const struct group *group,
                                   struct key key, struct list_node *out)
{
	if (i->kind != INODE_KEY || i->group != group ||
	    (key.data && !key_equal(i->key, key)))
		return;
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
			inode_collect_matching(
			        container_of(n, struct inode, node), group, key,
			        out);
	else
		for (l = t->all.next; l != &t->all; l = l->next)
			inode_collect_matching(
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
		value_unref(atomic_load(&i->value));
		group_unref(i->group);
		free(i);
	}
	table_release(&t->table);
	pthread_mutex_destroy(&t->lock);
}
