//! Each fault, against a server that sends back what it gets.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::{Fault, Proxy};

/// Sends back what it gets, on each connection, for as long as the test process lives.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut writer = stream.try_clone().unwrap();
                let _ = std::io::copy(&mut &stream, &mut writer);
                let _ = writer.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    addr
}

fn client(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends, and reads as much back.
fn ask(stream: &mut TcpStream, text: &str) -> std::io::Result<String> {
    stream.write_all(text.as_bytes())?;
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back)?;
    Ok(String::from_utf8(back).unwrap())
}

fn wait_until(is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(20), "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn without_a_fault_everything_passes_and_is_counted() {
    let proxy = Proxy::to(&echo());
    let mut stream = client(&proxy);
    assert_eq!(ask(&mut stream, "hello").unwrap(), "hello");
    let large = "x".repeat(1_000_000);
    let mut writer = stream.try_clone().unwrap();
    let sent = large.clone();
    let sending = std::thread::spawn(move || writer.write_all(sent.as_bytes()));
    let mut back = vec![0; large.len()];
    stream.read_exact(&mut back).unwrap();
    sending.join().unwrap().unwrap();
    assert!(back == large.as_bytes());
    // The last bytes may arrive a moment before they are counted.
    wait_until(|| proxy.bytes() == (1_000_005, 1_000_005));
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "the end is passed on");
    wait_until(|| proxy.open() == 0);
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn latency_delays_both_directions() {
    let proxy = Proxy::to(&echo());
    let mut stream = client(&proxy);
    proxy.set(Fault::Latency(Duration::from_millis(60)));
    let since = Instant::now();
    ask(&mut stream, "slow").unwrap();
    assert!(since.elapsed() >= Duration::from_millis(120));
    // What is sent at once is late once, not once a piece.
    let since = Instant::now();
    for _ in 0..20 {
        stream.write_all(b"piece").unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    stream.read_exact(&mut [0; 100]).unwrap();
    assert!(
        since.elapsed() < Duration::from_millis(1200),
        "{:?}",
        since.elapsed()
    );
}

#[test]
fn a_black_hole_holds_and_later_goes_on() {
    let proxy = Proxy::to(&echo());
    let mut stream = client(&proxy);
    ask(&mut stream, "before").unwrap();
    proxy.set(Fault::BlackHole);
    stream.write_all(b"held").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let none = stream.read(&mut [0; 4]).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::WouldBlock, "neither an answer nor an end");
    let mut other = client(&proxy);
    other.write_all(b"also").unwrap();
    proxy.set(Fault::None);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut back = [0; 4];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"held");
    other.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"also");
}

#[test]
fn refused_connections_are_refused_by_the_system() {
    let proxy = Proxy::to(&echo());
    let mut open = client(&proxy);
    ask(&mut open, "before").unwrap();
    proxy.set(Fault::Refuse);
    wait_until(|| {
        let tried = TcpStream::connect(proxy.addr());
        tried.is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused)
    });
    assert_eq!(ask(&mut open, "after").unwrap(), "after", "what is open goes on");
    proxy.set(Fault::None);
    wait_until(|| TcpStream::connect(proxy.addr()).is_ok());
    assert_eq!(ask(&mut client(&proxy), "again").unwrap(), "again");
}

#[test]
fn half_closed_the_client_reads_the_end_and_still_sends() {
    let proxy = Proxy::to(&echo());
    let mut stream = client(&proxy);
    ask(&mut stream, "before").unwrap();
    proxy.set(Fault::HalfClose);
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    stream.write_all(b"still").unwrap();
    wait_until(|| proxy.bytes() == (11, 6));
    proxy.set(Fault::None);
    assert_eq!(ask(&mut client(&proxy), "anew").unwrap(), "anew");
}

#[test]
fn cut_connections_are_reset_and_new_ones_pass() {
    let proxy = Proxy::to(&echo());
    let mut stream = client(&proxy);
    ask(&mut stream, "before").unwrap();
    proxy.cut_all();
    let cut = stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::ConnectionReset);
    wait_until(|| proxy.open() == 0);
    assert_eq!(ask(&mut client(&proxy), "after").unwrap(), "after");
}

#[test]
fn a_lost_answer_is_one_that_the_server_gave() {
    let proxy = Proxy::to(&echo());
    let mut stream = client(&proxy);
    proxy.set(Fault::CutReplyAfter(b"COMMIT".to_vec()));
    assert_eq!(ask(&mut stream, "Q BEGIN").unwrap(), "Q BEGIN");
    // In two pieces, so that what is looked for lies across them.
    assert_eq!(ask(&mut stream, "Q COM").unwrap(), "Q COM");
    let cut = ask(&mut stream, "MIT").unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::ConnectionReset);
    assert_eq!((proxy.struck(), proxy.fault()), (1, Fault::None));
    assert_eq!(
        proxy.bytes(),
        (15, 12),
        "the server got it, the client heard nothing"
    );
    assert_eq!(
        ask(&mut client(&proxy), "Q COMMIT").unwrap(),
        "Q COMMIT",
        "it strikes once"
    );
}

#[test]
fn it_stands_in_for_the_address_in_a_url() {
    let server = echo();
    let proxy = Proxy::to(&server);
    let through = proxy.instead(&format!("postgres://a@{server}/d"));
    assert_eq!(through, format!("postgres://a@{}/d", proxy.addr()));
    drop(proxy);
}
