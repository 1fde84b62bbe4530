// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Written by Scripts/seccomp-tables from Debian's linux-libc-dev 7.3.4-1~bpo13+1
// (SHA-256 b3a4538fca67081c8606a93f37521d0eb74ac75996a02f3321a6b27f978e10a8). Do not edit.

/// System call numbers, as text that is searched in place: no start-up work, no relocations.
///
/// One string for each length of name, lines in ascending byte order. A line is the name followed by six
/// columns of four characters, `-` where there is nothing: the numbers in the conventions x86_64, i386, x32
/// (without bit 30), aarch64 and arm (`f6` for ARM's private call 0xf0006), then the number behind i386's
/// socketcall(2) (`s`) or ipc(2) (`i`).
enum SyscallTableData {
  /// The highest number of any convention, ARM's private calls aside.
  static let highestNumber: UInt32 = 547

  /// The highest of ARM's private calls.
  static let highestPrivateNumber: UInt32 = 0xf0006

  /// The lines of all names that have `length` bytes.
  static func lines(ofLength length: Int) -> StaticString {
    switch length {
    case 3: length3
    case 4: length4
    case 5: length5
    case 6: length6
    case 7: length7
    case 8: length8
    case 9: length9
    case 10: length10
    case 11: length11
    case 12: length12
    case 13: length13
    case 14: length14
    case 15: length15
    case 16: length16
    case 17: length17
    case 18: length18
    case 19: length19
    case 20: length20
    case 21: length21
    case 22: length22
    case 23: length23
    case 28: length28
    default: ""
    }
  }

  static var length3: StaticString {
    """
    bpf 321 357 321 280 386   -
    brk  12  45  12 214  45   -
    dup  32  41  32  23  41   -
    ipc   - 117   -   -   -   -
    mpx   -  56   -   -   -   -
    tee 276 315 276  77 342   -

    """
  }

  static var length4: StaticString {
    """
    acct 163  51 163  89  51   -
    bind  49 361  49 200 282  s2
    dup2  33  63  33   -  63   -
    dup3 292 330 292  24 358   -
    exit  60   1  60  93   1   -
    fork  57   2  57   -   2   -
    gtty   -  32   -   -   -   -
    idle   - 112   -   -   -   -
    iopl 172 110 172   -   -   -
    kcmp 312 349 312 272 378   -
    kill  62  37  62 129  37   -
    link  86   9  86   -   9   -
    lock   -  53   -   -   -   -
    mmap   9  90   9 222   -   -
    nice   -  34   -   -  34   -
    open   2   5   2   -   5   -
    pipe  22  42  22   -  42   -
    poll   7 168   7   - 168   -
    prof   -  44   -   -   -   -
    read   0   3   0  63   3   -
    recv   -   -   -   - 291 s10
    rseq 334 386 334 293 398   -
    send   -   -   -   - 289  s9
    stat   4 106   4   - 106   -
    stty   -  31   -   -   -   -
    sync 162  36 162  81  36   -
    time 201  13 201   -   -   -
    vm86   - 166   -   -   -   -

    """
  }

  static var length5: StaticString {
    """
    alarm  37  27  37   -   -   -
    break   -  17   -   -   -   -
    chdir  80  12  80  49  12   -
    chmod  90  15  90   -  15   -
    chown  92 182  92   - 182   -
    clone  56 120  56 220 120   -
    close   3   6   3  57   6   -
    creat  85   8  85   -   8   -
    fcntl  72  55  72  25  55   -
    flock  73 143  73  32 143   -
    fstat   5 108   5  80 108   -
    fsync  74 118  74  82 118   -
    ftime   -  35   -   -   -   -
    futex 202 240 202  98 240   -
    ioctl  16  54 514  29  54   -
    lseek   8  19   8  62  19   -
    lstat   6 107   6   - 107   -
    mbind 237 274 237 235 319   -
    mkdir  83  39  83   -  39   -
    mknod 133  14 133   -  14   -
    mlock 149 150 149 228 150   -
    mmap2   - 192   -   - 192   -
    mount 165  21 165  40  21   -
    mseal 462 462 462 462 462   -
    msync  26 144  26 227 144   -
    pause  34  29  34   -  29   -
    pipe2 293 331 293  59 359   -
    ppoll 271 309 271  73 336   -
    prctl 157 172 157 167 172   -
    readv  19 145 515  65 145   -
    rmdir  84  40  84   -  40   -
    semop  65   -  65 193 298  i1
    setns 308 346 308 268 375   -
    shmat  30 397  30 196 305 i21
    shmdt  67 398  67 197 306 i22
    statx 332 383 332 291 397   -
    stime   -  25   -   -   -   -
    sysfs 139 135 139   - 135   -
    times 100  43 100 153  43   -
    tkill 200 238 200 130 238   -
    umask  95  60  95 166  60   -
    uname  63 122  63 160 122   -
    usr26   -   -   -   -  f3   -
    usr32   -   -   -   -  f4   -
    ustat 136  62 136   -  62   -
    utime 132  30 132   -   -   -
    vfork  58 190  58   - 190   -
    wait4  61 114  61 260 114   -
    write   1   4   1  64   4   -

    """
  }

  static var length6: StaticString {
    """
    accept  43   -  43 202 285  s5
    access  21  33  21   -  33   -
    capget 125 184 125  90 184   -
    capset 126 185 126  91 185   -
    chroot 161  61 161  51  61   -
    clone3 435 435 435 435 435   -
    execve  59  11 520 221  11   -
    fchdir  81 133  81  50 133   -
    fchmod  91  94  91  52  94   -
    fchown  93  95  93  55  95   -
    fsopen 430 430 430 430 430   -
    fspick 433 433 433 433 433   -
    getcpu 309 318 309 168 345   -
    getcwd  79 183  79  17 183   -
    getgid 104  47 104 176  47   -
    getpid  39  20  39 172  20   -
    getsid 124 147 124 156 147   -
    gettid 186 224 186 178 224   -
    getuid 102  24 102 174  24   -
    ioperm 173 101 173   -   -   -
    keyctl 250 288 250 219 311   -
    lchown  94  16  94   -  16   -
    linkat 265 303 265  37 330   -
    listen  50 363  50 201 284  s4
    listns 470 470 470 470 470   -
    mlock2 325 376 325 284 390   -
    mremap  25 163  25 216 163   -
    msgctl  71 402  71 187 304 i14
    msgget  68 399  68 186 303 i13
    msgrcv  70 401  70 188 302 i12
    msgsnd  69 400  69 189 301 i11
    munmap  11  91  11 215  91   -
    openat 257 295 257  56 322   -
    preadv 295 333 534  69 361   -
    profil   -  98   -   -   -   -
    ptrace 101  26 521 117  26   -
    reboot 169  88 169 142  88   -
    rename  82  38  82   -  38   -
    select  23  82  23   -   -   -
    semctl  66 394  66 191 300  i3
    semget  64 393  64 190 299  i2
    sendto  44 369  44 206 290 s11
    setgid 106  46 106 144  46   -
    setsid 112  66 112 157  66   -
    setuid 105  23 105 146  23   -
    shmctl  31 396  31 195 308 i24
    shmget  29 395  29 194 307 i23
    signal   -  48   -   -   -   -
    socket  41 359  41 198 281  s1
    splice 275 313 275  76 340   -
    stat64   - 195   -   - 195   -
    statfs 137  99 137  43  99   -
    swapon 167  87 167 224  87   -
    syncfs 306 344 306 267 373   -
    syslog 103 103 103 116 103   -
    tgkill 234 270 234 131 268   -
    ulimit   -  58   -   -   -   -
    umount   -  22   -   -   -   -
    unlink  87  10  87   -  10   -
    uprobe 336   - 336   -   -   -
    uselib 134  86   -   -  86   -
    utimes 235 271 235   - 269   -
    waitid 247 284 529  95 280   -
    writev  20 146 516  66 146   -

    """
  }

  static var length7: StaticString {
    """
    _llseek   - 140   -   - 140   -
    _sysctl 156 149   -   - 149   -
    accept4 288 364 288 242 366 s18
    add_key 248 286 248 217 309   -
    bdflush   - 134   -   - 134   -
    chown32   - 212   -   - 212   -
    connect  42 362  42 203 283  s3
    eventfd 284 323 284   - 351   -
    fchroot 472 472 472 472 472   -
    fcntl64   - 221   -   - 221   -
    fsmount 432 432 432 432 432   -
    fstat64   - 197   -   - 197   -
    fstatfs 138 100 138  44 100   -
    get_tls   -   -   -   -  f6   -
    getegid 108  50 108 177  50   -
    geteuid 107  49 107 175  49   -
    getpgid 121 132 121 155 132   -
    getpgrp 111  65 111   -  65   -
    getpmsg 181 188 181   -   -   -
    getppid 110  64 110 173  64   -
    lstat64   - 196   -   - 196   -
    madvise  28 219  28 233 220   -
    mincore  27 218  27 232 219   -
    mkdirat 258 296 258  34 323   -
    mknodat 259 297 259  33 324   -
    mq_open 240 277 240 180 274   -
    munlock 150 151 150 229 151   -
    oldstat   -  18   -   -   -   -
    openat2 437 437 437 437 437   -
    pread64  17 180  17  67 180   -
    preadv2 327 378 546 286 392   -
    putpmsg 182 189 182   -   -   -
    pwritev 296 334 535  70 362   -
    readdir   -  89   -   -   -   -
    recvmsg  47 372 519 212 297 s17
    seccomp 317 354 317 277 383   -
    sendmsg  46 370 518 211 296 s16
    set_tls   -   -   -   -  f5   -
    setpgid 109  57 109 154  57   -
    swapoff 168 115 168 225 115   -
    symlink  88  83  88   -  83   -
    sysinfo  99 116  99 179 116   -
    tuxcall 184   - 184   -   -   -
    umount2 166  52 166  39  52   -
    unshare 272 310 272  97 337   -
    vhangup 153 111 153  58 111   -
    vm86old   - 113   -   -   -   -
    vserver 236 273   -   - 313   -
    waitpid   -   7   -   -   -   -

    """
  }

  static var length8: StaticString {
    """
    adjtimex 159 124 159 171 124   -
    eventfd2 290 328 290  19 356   -
    execveat 322 358 545 281 387   -
    fchmodat 268 306 268  53 333   -
    fchown32   - 207   -   - 207   -
    fchownat 260 298 260  54 325   -
    fsconfig 431 431 431 431 431   -
    getdents  78 141  78   - 141   -
    getgid32   - 200   -   - 200   -
    getuid32   - 199   -   - 199   -
    getxattr 191 229 191   8 229   -
    io_setup 206 245 543   0 243   -
    lchown32   - 198   -   - 198   -
    mlockall 151 152 151 230 152   -
    mprotect  10 125  10 226 125   -
    oldfstat   -  28   -   -   -   -
    oldlstat   -  84   -   -   -   -
    olduname   - 109   -   -   -   -
    pselect6 270 308 270  72 335   -
    pwrite64  18 181  18  68 181   -
    pwritev2 328 379 547 287 393   -
    quotactl 179 131 179  60 131   -
    readlink  89  85  89   -  85   -
    recvfrom  45 371 517 207 292 s12
    recvmmsg 299 337 537 243 365 s19
    renameat 264 302 264  38 329   -
    security 185   - 185   -   -   -
    sendfile  40 187  40  71 187   -
    sendmmsg 307 345 538 269 374 s20
    setfsgid 123 139 123 152 139   -
    setfsuid 122 138 122 151 138   -
    setgid32   - 214   -   - 214   -
    setregid 114  71 114 143  71   -
    setreuid 113  70 113 145  70   -
    setuid32   - 213   -   - 213   -
    setxattr 188 226 188   5 226   -
    sgetmask   -  68   -   -   -   -
    shutdown  48 373  48 210 293 s13
    signalfd 282 321 282   - 349   -
    ssetmask   -  69   -   -   -   -
    statfs64   - 268   -   - 266   -
    truncate  76  92  76  45  92   -
    unlinkat 263 301 263  35 328   -
    vmsplice 278 316 532  75 343   -

    """
  }

  static var length9: StaticString {
    """
    cachestat 451 451 451 451 451   -
    epoll_ctl 233 255 233  21 251   -
    faccessat 269 307 269  48 334   -
    fadvise64 221 250 221 223   -   -
    fallocate 285 324 285  47 352   -
    fchmodat2 452 452 452 452 452   -
    fdatasync  75 148  75  83 148   -
    fgetxattr 193 231 193  10 231   -
    fsetxattr 190 228 190   7 228   -
    fstatat64   - 300   -   - 327   -
    fstatfs64   - 269   -   - 267   -
    ftruncate  77  93  77  46  93   -
    futimesat 261 299 261   - 326   -
    getegid32   - 202   -   - 202   -
    geteuid32   - 201   -   - 201   -
    getgroups 115  80 115 158  80   -
    getitimer  36 105  36 102 105   -
    getrandom 318 355 318 278 384   -
    getresgid 120 171 120 150 171   -
    getresuid 118 165 118 148 165   -
    getrlimit  97  76  97 163   -   -
    getrusage  98  77  98 165  77   -
    io_cancel 210 249 210   3 247   -
    io_submit 209 248 544   2 246   -
    lgetxattr 192 230 192   9 230   -
    listmount 458 458 458 458 458   -
    listxattr 194 232 194  11 232   -
    lsetxattr 189 227 189   6 227   -
    mq_notify 244 281 527 184 278   -
    mq_unlink 241 278 241 181 275   -
    nanosleep  35 162  35 101 162   -
    open_tree 428 428 428 428 428   -
    pkey_free 331 382 331 290 396   -
    prlimit64 302 340 302 261 369   -
    readahead 187 225 187 213 225   -
    renameat2 316 353 316 276 382   -
    setgroups 116  81 116 159  81   -
    setitimer  38 104  38 103 104   -
    setresgid 119 170 119 149 170   -
    setresuid 117 164 117 147 164   -
    setrlimit 160  75 160 164  75   -
    sigaction   -  67   -   -  67   -
    signalfd4 289 327 289  74 355   -
    sigreturn   - 119   -   - 119   -
    statmount 457 457 457 457 457   -
    symlinkat 266 304 266  36 331   -
    uretprobe 335   - 335   -   -   -
    utimensat 280 320 280  88 348   -

    """
  }
}
