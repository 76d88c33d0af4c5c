/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This node: its groups and what they share (loader threads, ticker).
 *
 * Groups come and go at run time; whoever has a reference on one that is gone
 * finds it closed: nothing is loaded any more, what is open stays open.
 */
#ifndef DREAMFS_NODE_H
#define DREAMFS_NODE_H

#include "group/group.h"

#include <stddef.h>
#include <stdint.h>

struct node;

/* `loads`: at once, on the whole node.  0 or a negative errno. */
int node_create(struct node **out, int loads);
/* Closes all groups and ends all chores; blocks until every getter has
 * returned.  Whoever listens may go then. */
void node_close(struct node *n);
/* Closes it if nobody has. */
void node_destroy(struct node *n);

/* The other nodes; borrowed.  Before the first group is added. */
void node_set_peers(struct node *n, struct peers *peers);
/* NULL: standalone. */
struct peers *node_peers(struct node *n);

/* Who hears of changes. */
void node_set_listener(struct node *n, struct group_listener *l);
void node_set_loads(struct node *n, int loads);

/* 0; -EEXIST; -ENOMEM. */
int node_add_group(struct node *n, const char *name,
                   const struct group_settings *settings,
                   struct getter *getter);
/* Closes it; true if there was one.  Blocks like group_close(). */
bool node_remove_group(struct node *n, const char *name);

/* A reference, or NULL. */
struct group *node_find_group(struct node *n, const char *name);
/* The same by bytes from strangers, whatever they are. */
struct group *node_find_group_named(struct node *n, struct key name);
/* All of them, in order of their names, with a reference each, in an array
 * for node_groups_free(); NULL without memory. */
struct group **node_groups(struct node *n, size_t *count);
void node_groups_free(struct group **groups, size_t count);

/* Runs work that is not a load but too long for a handler. */
int node_submit(struct node *n, struct job *job);

/* The configuration in effect, as text without secrets, for people to look
 * at; takes `text` (NULL: none). */
void node_set_config(struct node *n, char *text);
/* Appends it; 0 or a negative errno. */
int node_print_config(struct node *n, struct buf *out);

/* How often the clock that ends waiting readers has been asked for a sign of
 * life and given it; asks again.  Any thread, never blocks. */
unsigned int node_pulse(struct node *n);

/* Seconds since node_create(). */
int64_t node_uptime(const struct node *n);

#endif
