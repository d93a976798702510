/*
 * The least that a DNS response over UDP costs: whole batches of datagrams come in with one system call and go back
 * with another, with nothing changed but the QR and AA bits. Usage: floor PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, DATAGRAM_BYTES = 2048, SOCKET_BYTES = 4 << 20 };

int main(int count, char **arguments) {
  static unsigned char datagrams[BATCH][DATAGRAM_BYTES];
  static struct sockaddr_in clients[BATCH];
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  int size = SOCKET_BYTES;
  struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);

  self.sin_port = htons(count > 1 ? atoi(arguments[1]) : 0);
  setsockopt(socket_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (bind(socket_fd, (struct sockaddr *)&self, sizeof self) != 0) return 1;
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      parts[i] = (struct iovec){datagrams[i], DATAGRAM_BYTES};
      messages[i].msg_hdr = (struct msghdr){
          .msg_name = &clients[i], .msg_namelen = sizeof clients[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int received = recvmmsg(socket_fd, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < received; i++) {
      datagrams[i][2] |= 0x84;
      parts[i].iov_len = messages[i].msg_len;
    }
    for (int sent = 0; sent < received;) {
      int now = sendmmsg(socket_fd, messages + sent, received - sent, 0);
      if (now <= 0) break;
      sent += now;
    }
  }
}
