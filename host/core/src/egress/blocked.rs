//! SSRF protection: addresses that no plugin reaches, whatever name leads to them.
//!
//! Loopback, private and metadata ranges are blocked: the machine itself, its private network, and the metadata
//! service of its cloud trust every client that is near. Sources: the IANA registries of special purpose addresses
//! for IPv4 and IPv6, as of 2025.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),        // this network; 0.0.0.0 reaches this machine
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carrier-grade NAT; metadata of Alibaba Cloud
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // Azure's host, public by its number only
    ([169, 254, 0, 0], 16),   // link-local; metadata of nearly every cloud
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments; metadata of Oracle Cloud
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarking
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// Within the range of global addresses, `2000::/3`. All else is blocked as a whole: unspecified, loopback,
/// IPv4-mapped and -compatible, NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`), unique local (with AWS's `fd00:ec2::254`),
/// link-local, multicast.
const V6: [(u128, u32); 4] = [
    (0x2001_0000 << 96, 23), // protocol assignments: Teredo, benchmarking, ORCHID
    (0x2001_0db8 << 96, 32), // documentation
    (0x2002_0000 << 96, 16), // 6to4 carries an IPv4 address
    (0x3fff_0000 << 96, 20), // documentation
];

/// Reports whether only the user's own endpoint override may lead to an address.
pub fn is_blocked(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => V4.iter().any(|(net, length)| {
            let net = u32::from(Ipv4Addr::from(*net));
            (u32::from(address) ^ net) >> (32 - length) == 0
        }),
        IpAddr::V6(address) => {
            let bits = u128::from(Ipv6Addr::from(address.octets()));
            bits >> 125 != 0b001
                || V6
                    .iter()
                    .any(|(net, length)| (bits ^ net) >> (128 - length) == 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn blocked(
        #[values(
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.9",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1"
        )]
        address: &str,
    ) {
        assert!(is_blocked(address.parse().unwrap()));
    }

    /// The neighbours of every range, so that none is wider than stated.
    #[rstest]
    fn open(
        #[values(
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "8.8.8.8",
            "52.94.5.1",
            "2000::1",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2600:1f14::1",
            "2a00:1450::1",
            "3ffe::1"
        )]
        address: &str,
    ) {
        assert!(!is_blocked(address.parse().unwrap()));
    }
}
