// A NATS server whose clock can be set wrong while it runs. It compiles only with the copy of the server that the test of
// fault F34 makes: SetSkew is there.
//
// Arguments are the host and the directory. It prints the URL that it listens on. Each line of standard input is a distance
// from the right time, as 3h or -20s; it is printed again when it holds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	s, err := server.NewServer(&server.Options{
		ServerName: "skewed", Host: os.Args[1], Port: server.RANDOM_PORT, NoLog: true, JetStream: true, StoreDir: os.Args[2], DisableJetStreamBanner: true,
	})
	if err != nil {
		panic(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		panic("server is not ready")
	}
	fmt.Println(s.ClientURL())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		d, err := time.ParseDuration(in.Text())
		if err != nil {
			panic(err)
		}
		server.SetSkew(d)
		fmt.Println(in.Text())
	}
	s.Shutdown()
}
