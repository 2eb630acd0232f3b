// A NATS server whose clock can be set wrong while it runs. It compiles only with the copy of the server that the test of
// fault F34 makes: SetSkew is there.
//
// Arguments are the port and the directory. Each line of standard input is a distance from the right time, as 3h or -20s;
// it is printed again when it holds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "skewed", Host: "127.0.0.1", Port: port, NoLog: true, JetStream: true, StoreDir: os.Args[2], DisableJetStreamBanner: true,
	})
	if err != nil {
		panic(err)
	}
	s.Start()
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
