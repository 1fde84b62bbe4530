// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Constants that glibc's headers show only with _GNU_SOURCE, which CLinux.h must not define, and constants of kernel
// headers that bring types along which glibc defines as well.

#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <net/ethernet.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

const int cl_at_empty_path = AT_EMPTY_PATH;
const int cl_at_recursive = AT_RECURSIVE;
const int cl_o_path = O_PATH;
const int cl_at_eaccess = AT_EACCESS;
const unsigned long cl_st_noexec = ST_NOEXEC;
const unsigned long cl_st_rdonly = ST_RDONLY;
const unsigned cl_mfd_cloexec = MFD_CLOEXEC;
const int cl_mnt_detach = MNT_DETACH;
const int cl_umount_nofollow = UMOUNT_NOFOLLOW;

const uint8_t cl_nfproto_inet = NFPROTO_INET;
const uint8_t cl_nfproto_bridge = NFPROTO_BRIDGE;
const uint8_t cl_nfproto_ipv4 = NFPROTO_IPV4;
const uint8_t cl_nfproto_ipv6 = NFPROTO_IPV6;
const uint32_t cl_nf_accept = NF_ACCEPT;
const uint32_t cl_nf_drop = NF_DROP;
const uint32_t cl_nf_inet_pre_routing = NF_INET_PRE_ROUTING;
const uint32_t cl_nf_inet_local_in = NF_INET_LOCAL_IN;
const uint32_t cl_nf_inet_forward = NF_INET_FORWARD;
const uint32_t cl_nf_inet_local_out = NF_INET_LOCAL_OUT;
const uint32_t cl_nf_inet_post_routing = NF_INET_POST_ROUTING;
const uint32_t cl_nf_br_pre_routing = NF_BR_PRE_ROUTING;
const int32_t cl_nf_pri_raw = NF_IP_PRI_RAW;
const int32_t cl_nf_pri_nat_dst = NF_IP_PRI_NAT_DST;
const int32_t cl_nf_pri_filter = NF_IP_PRI_FILTER;
const int32_t cl_nf_pri_nat_src = NF_IP_PRI_NAT_SRC;
const int32_t cl_nf_br_pri_nat_dst_bridged = NF_BR_PRI_NAT_DST_BRIDGED;
const uint16_t cl_ethertype_ip = ETH_P_IP;
const uint16_t cl_ethertype_ipv6 = ETH_P_IPV6;
const uint16_t cl_ethertype_arp = ETH_P_ARP;
const uint8_t cl_ipproto_icmpv6 = IPPROTO_ICMPV6;

static char *const *arguments;

// glibc hands what main gets to constructors, too.
__attribute__((constructor)) static void keep_arguments(int count, char **words, char **environment) {
  (void)count;
  (void)environment;
  arguments = words;
}

char *const *cl_arguments(void) { return arguments; }
char *const *cl_environment(void) { return environ; }
