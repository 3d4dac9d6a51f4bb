//! The stand-ins for Hetzner Cloud and DigitalOcean use the real formats: the vendors' own clients read every field.

use cloudhost_tests::{PAGED_TOKEN, PagedCloud, PagedFault, python};
use rstest::rstest;
use serde_json::{Value, json};

/// Reads the cloud with the vendor's client, or returns its error.
fn client(cloud: &PagedCloud, script: &str, token: &str) -> Result<Value, String> {
    let out = python::run(script, [cloud.url().as_str(), token]);
    let out = out.map_err(|error| error.to_string())?;
    Ok(serde_json::from_str(&out).unwrap())
}

#[test]
fn hetzners_client_reads_every_field() {
    let cloud = PagedCloud::hetzner().unwrap();
    let result = client(&cloud, "hcloud_client.py", PAGED_TOKEN).unwrap();
    assert_eq!(result["locations"].as_object().unwrap().len(), 5);
    assert_eq!(result["locations"]["ash"], json!([39.045821, -77.487073]));
    assert_eq!(result["types"].as_object().unwrap().len(), 7);
    let cax = json!({"fsn1": true, "nbg1": false, "hel1": false});
    assert_eq!(result["types"]["cax11"]["available"], cax);
    assert_eq!(result["images"].as_array().unwrap().len(), 5);
    let pages = |path: &str| cloud.asked().iter().filter(|p| p.contains(path)).count();
    assert_eq!((pages("/server_types?"), pages("/locations?")), (6, 4));
    // The client does not read `/pricing`. The list of types has the same prices, without the currency.
    let data = cloud.data();
    for row in data["pricing"]["server_types"].as_array().unwrap() {
        let of = &result["types"][row["name"].as_str().unwrap()]["prices"];
        for price in row["prices"].as_array().unwrap() {
            let net = &of[price["location"].as_str().unwrap()];
            assert_eq!(*net, price["price_hourly"]["net"], "{row}");
        }
    }
}

#[test]
fn digitaloceans_client_reads_every_field() {
    let cloud = PagedCloud::digitalocean().unwrap();
    let result = client(&cloud, "pydo_client.py", PAGED_TOKEN).unwrap();
    assert_eq!(result["regions"].as_array().unwrap().len(), 5);
    assert_eq!(result["sizes"].as_object().unwrap().len(), 8);
    assert_eq!(result["sizes"]["gpu-h100x1-80gb"], 3.39);
    assert_eq!(result["images"].as_array().unwrap().len(), 5);
    assert!(result["account"].is_string());
}

/// Status and code of an error response.
#[rstest]
#[case::hetzner(PagedCloud::hetzner(), "hcloud_client.py", "unauthorized")]
#[case::digitalocean(PagedCloud::digitalocean(), "pydo_client.py", "Unauthorized")]
fn the_clients_read_the_errors(
    #[case] cloud: std::io::Result<PagedCloud>,
    #[case] script: &str,
    #[case] code: &str,
) {
    let cloud = cloud.unwrap();
    let result = client(&cloud, script, "another").unwrap();
    assert_eq!(result, json!({"status": 401, "code": code}));
    cloud.fail(None, PagedFault::Status(401));
    let result = client(&cloud, script, PAGED_TOKEN).unwrap();
    assert_eq!(result["code"], code);
}

/// A missing or an unknown field is found.
#[rstest]
#[case::hetzner(PagedCloud::hetzner(), "hcloud_client.py", "/server_types/0", "cores")]
#[case::hetzner_location(
    PagedCloud::hetzner(),
    "hcloud_client.py",
    "/server_types/0/locations/0",
    "available"
)]
#[case::digitalocean(
    PagedCloud::digitalocean(),
    "pydo_client.py",
    "/sizes/0",
    "price_hourly"
)]
fn a_shape_that_is_not_theirs_is_found(
    #[case] cloud: std::io::Result<PagedCloud>,
    #[case] script: &str,
    #[case] row: &str,
    #[case] field: &str,
    #[values(true, false)] more: bool,
) {
    let cloud = cloud.unwrap();
    cloud.change(|data| {
        let row = data.pointer_mut(row).unwrap().as_object_mut().unwrap();
        let value = row.get(field).unwrap().clone();
        match more {
            true => row.insert("unheard_of".to_owned(), value),
            false => row.remove(field),
        };
    });
    let error = client(&cloud, script, PAGED_TOKEN).unwrap_err();
    let wanted = if more { "unheard_of" } else { "Error" };
    assert!(error.contains(wanted), "{error}");
}
