/*
 * The floor: the least time that the task takes. It holds a connection to each vty socket, waits in
 * epoll, and on end of file sends one prebuilt netlink message, without an acknowledgement and
 * without reading the kernel. It is no agent: it does not notice a hang, a lost route or a flapping
 * daemon. When all sockets answer again, it deletes what it sent.
 *
 * usage: floor route|rules|events PROTOCOL GATEWAY INTERFACE SOCKET...
 *   route   one RTM_NEWROUTE: default into the main table
 *   events  the same, and it also listens to the kernel's process events (PROC_EVENT_EXIT), as
 *           keepalived does. A dying process frees its memory before it closes its sockets; the event
 *           of the first thread that ends does not wait for that. BENCH_FIRST_NETNS names the first
 *           network namespace, the only one with these events
 *   rules   the messages of the agent's `local` placement: a route in table 25500 and two rules, in
 *           one send
 * If no socket accepts at start, it installs at once; that measures the time from start to route.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TABLE 25500
#define PRIORITY 31064
#define EVENTS 16

static char add[1024], del[1024];
static int add_length, del_length;

static void attribute(struct nlmsghdr *h, int type, const void *data, int length)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(length);
	memcpy(RTA_DATA(a), data, length);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static int route(char *at, int type, int flags, unsigned table, unsigned char protocol, unsigned gateway, unsigned oif)
{
	struct nlmsghdr *h = (void *)at;
	struct rtmsg *r = NLMSG_DATA(h);
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	*r = (struct rtmsg){ .rtm_family = AF_INET, .rtm_table = table < 256 ? table : RT_TABLE_UNSPEC, .rtm_protocol = protocol, .rtm_type = RTN_UNICAST };
	attribute(h, RTA_TABLE, &table, 4);
	attribute(h, RTA_GATEWAY, &gateway, 4);
	attribute(h, RTA_OIF, &oif, 4);
	return h->nlmsg_len;
}

static int rule(char *at, int type, int flags, unsigned priority, unsigned table, unsigned char protocol)
{
	struct nlmsghdr *h = (void *)at;
	struct fib_rule_hdr *r = NLMSG_DATA(h);
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	*r = (struct fib_rule_hdr){ .family = AF_INET, .action = FR_ACT_TO_TBL };
	attribute(h, FRA_PRIORITY, &priority, 4);
	attribute(h, FRA_TABLE, &table, 4);
	attribute(h, FRA_IIFNAME, "lo", 3);
	attribute(h, FRA_PROTOCOL, &protocol, 1);
	return h->nlmsg_len;
}

static void build(int rules, unsigned char protocol, unsigned gateway, unsigned oif)
{
	int new = NLM_F_CREATE | NLM_F_EXCL;
	unsigned table = rules ? TABLE : RT_TABLE_MAIN;
	add_length = route(add, RTM_NEWROUTE, new, table, protocol, gateway, oif);
	if (rules) {
		add_length += rule(add + add_length, RTM_NEWRULE, new, PRIORITY, RT_TABLE_MAIN, protocol);
		add_length += rule(add + add_length, RTM_NEWRULE, new, PRIORITY + 1, TABLE, protocol);
		del_length += rule(del + del_length, RTM_DELRULE, 0, PRIORITY + 1, TABLE, protocol);
		del_length += rule(del + del_length, RTM_DELRULE, 0, PRIORITY, RT_TABLE_MAIN, protocol);
	}
	del_length += route(del + del_length, RTM_DELROUTE, 0, table, protocol, gateway, oif);
}

/* The ends of all processes of the host; connector.h, cn_proc.h. */
static int process_events(void)
{
	struct { struct nlmsghdr h; struct cn_msg c; enum proc_cn_mcast_op op; } __attribute__((packed)) listen = { 0 };
	struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	const char *path = getenv("BENCH_FIRST_NETNS");
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), first = open(path ? path : "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	setns(first, CLONE_NEWNET);
	int s = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	setns(own, CLONE_NEWNET);
	listen.h.nlmsg_len = sizeof listen;
	listen.h.nlmsg_type = NLMSG_DONE;
	listen.c.id.idx = CN_IDX_PROC;
	listen.c.id.val = CN_VAL_PROC;
	listen.c.len = sizeof listen.op;
	listen.op = PROC_CN_MCAST_LISTEN;
	if (bind(s, (void *)&group, sizeof group) || send(s, &listen, sizeof listen, 0) < 0) {
		perror("floor: process events");
		exit(1);
	}
	return s;
}

/* Whether one of these processes ends: its first thread, or any thread by a signal, which ends all. */
static int tells_of(int events, const pid_t *pids, int count)
{
	char buffer[4096] __attribute__((aligned(8)));
	if (recv(events, buffer, sizeof buffer, 0) <= 0) return 0;
	struct cn_msg *c = NLMSG_DATA((struct nlmsghdr *)buffer);
	struct proc_event *e = (void *)c->data;
	if (e->what != PROC_EVENT_EXIT) return 0;
	if (e->event_data.exit.process_pid != e->event_data.exit.process_tgid && !(e->event_data.exit.exit_code & 0x7f)) return 0;
	for (int i = 0; i < count; i++) if (pids[i] == e->event_data.exit.process_tgid) return 1;
	return 0;
}

static pid_t peer(int s)
{
	struct ucred who = { 0 };
	socklen_t length = sizeof who;
	getsockopt(s, SOL_SOCKET, SO_PEERCRED, &who, &length);
	return who.pid;
}

/* Opens a connection and waits for the answer to one echo; -1 on failure. MSG_NOSIGNAL: a dying daemon still accepts. */
static int attach(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char answer[256];
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	struct timeval patience = { 1, 0 };
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(s, (void *)&to, sizeof to) == 0 && send(s, "echo ok", 8, MSG_NOSIGNAL) == 8 && read(s, answer, sizeof answer) > 0) return s;
	close(s);
	return -1;
}

int main(int argc, char **argv)
{
	if (argc < 6) return fputs("usage: floor route|rules|events PROTOCOL GATEWAY INTERFACE SOCKET...\n", stderr), 64;
	int count = argc - 5, held[16], ready = 0, in = 0;
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), ep = epoll_create1(EPOLL_CLOEXEC);
	build(!strcmp(argv[1], "rules"), atoi(argv[2]), inet_addr(argv[3]), if_nametoindex(argv[4]));
	for (int i = 0; i < count; i++) held[i] = -1;
	pid_t pids[16] = { 0 };
	int events = strcmp(argv[1], "events") ? -1 : process_events();
	if (events >= 0) epoll_ctl(ep, EPOLL_CTL_ADD, events, &(struct epoll_event){ .events = EPOLLIN, .data.u32 = EVENTS });
	for (;;) {
		ready = 0;
		for (int i = 0; i < count; i++) {
			if (held[i] < 0 && (held[i] = attach(argv[5 + i])) >= 0) {
				struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
				epoll_ctl(ep, EPOLL_CTL_ADD, held[i], &e);
				pids[i] = peer(held[i]);
			}
			if (held[i] >= 0) ready++;
		}
		if (ready < count) {
			if (!in) { send(nl, add, add_length, 0); in = 1; }
			usleep(5000);
			continue;
		}
		if (in) { send(nl, del, del_length, 0); in = 0; }
		/* Everything is set up: the measured path is from here to the send. */
		struct epoll_event e;
		char byte[256];
		while (epoll_wait(ep, &e, 1, -1) > 0) {
			if (e.data.u32 == EVENTS) {
				if (!in && tells_of(events, pids, count)) { send(nl, add, add_length, 0); in = 1; }
				continue; /* the end of file follows */
			}
			if (read(held[e.data.u32], byte, sizeof byte) > 0) continue;
			if (!in) { send(nl, add, add_length, 0); in = 1; }
			close(held[e.data.u32]);
			held[e.data.u32] = -1;
			break;
		}
	}
}
