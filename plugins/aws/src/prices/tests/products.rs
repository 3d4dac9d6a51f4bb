use super::*;

const PRODUCTS: &[(&str, &str)] = &[("price-source", "getproducts")];

/// Builds a product in the format of GetProducts, JSON in a JSON text, with these prices by unit.
fn product(name: &str, region: &str, prices: &[(&str, Value)]) -> Value {
    let dimension = |(n, (unit, price)): (usize, &(&str, Value))| {
        let code = format!("SKU.JRTCKXETXF.{n}");
        let dimension = json!({"unit": unit, "endRange": "Inf", "beginRange": "0", "pricePerUnit": {"USD": price}});
        (code, dimension)
    };
    let dimensions: serde_json::Map<String, Value> =
        prices.iter().enumerate().map(dimension).collect();
    let product = json!({
        "product": {"productFamily": "Compute Instance", "sku": "SKU",
            "attributes": {"instanceType": name, "regionCode": region, "tenancy": "Shared", "marketoption": "OnDemand"}},
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": dimensions, "sku": "SKU"}}},
        "version": "20260925174521", "publicationDate": "2026-09-25T17:45:21Z",
    });
    json!(product.to_string())
}

fn question(request: &Request) -> Value {
    serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
}

/// Returns the value of a filter of a query.
fn filter<'q>(question: &'q Value, field: &str) -> &'q str {
    let mut filters = question["Filters"].as_array().unwrap().iter();
    let found = filters.find(|filter| filter["Field"] == field).unwrap();
    assert_eq!(found["Type"], "TERM_MATCH");
    found["Value"].as_str().unwrap()
}

fn page(list: &[Value], next: Option<&str>) -> Option<Answer> {
    Some(ok(
        &json!({"FormatVersion": "aws_v1", "PriceList": list, "NextToken": next}),
    ))
}

#[test]
fn the_home_region_is_asked_page_by_page_and_bare_metal_by_itself() {
    let (listing, asked) = run(PRODUCTS, |request| {
        let question = question(request);
        let token = question["NextToken"].as_str();
        match (filter(&question, "tenancy"), token) {
            ("Dedicated", None) => page(
                &[product(
                    "m5.metal",
                    "us-east-1",
                    &[("Hrs", json!("4.6080000000"))],
                )],
                None,
            ),
            ("Shared", None) => page(
                &[product(
                    "m5.large",
                    "us-east-1",
                    &[("Hrs", json!("0.0960000000"))],
                )],
                Some("t2"),
            ),
            ("Shared", Some("t2")) => page(
                &[product(
                    "m5.xlarge",
                    "us-east-1",
                    &[("Hrs", json!("0.1920000000"))],
                )],
                None,
            ),
            other => panic!("{other:?}"),
        }
    });
    let listing = listing.unwrap();
    assert_eq!(
        told(&listing),
        [
            ("m5.large", "us-east-1", Market::OnDemand, 96_000_000),
            ("m5.metal", "us-east-1", Market::OnDemand, 4_608_000_000),
            ("m5.xlarge", "us-east-1", Market::OnDemand, 192_000_000),
        ]
    );
    assert_eq!(listing.missing, []);
    let price = &listing.prices.unwrap()[0];
    assert_eq!(
        price.source,
        "api.pricing.us-east-1.amazonaws.com GetProducts"
    );
    assert_eq!(price.published, Some(1_790_358_321));

    assert_eq!(asked.len(), 3);
    for request in &asked {
        assert_eq!(request.url, "https://api.pricing.us-east-1.amazonaws.com/");
        let [Auth::Sigv4(auth)] = request.auth.as_slice() else {
            panic!("not signed")
        };
        assert_eq!(
            (auth.service.as_str(), auth.region.as_str()),
            ("pricing", "us-east-1")
        );
        let header = |name: &str| {
            let mut headers = request.headers.iter();
            headers
                .find(|h| h.name.eq_ignore_ascii_case(name))
                .map(|h| h.value.as_str())
        };
        assert_eq!(
            header("x-amz-target"),
            Some("AWSPriceListService.GetProducts")
        );
        assert_eq!(header("content-type"), Some("application/x-amz-json-1.1"));
        let question = question(request);
        assert_eq!(
            (&question["ServiceCode"], &question["MaxResults"]),
            (&json!("AmazonEC2"), &json!(100))
        );
        let expected = [
            ("regionCode", "us-east-1"),
            ("operatingSystem", "Linux"),
            ("preInstalledSw", "NA"),
            ("capacitystatus", "Used"),
            ("marketoption", "OnDemand"),
        ];
        for (field, value) in expected {
            assert_eq!(filter(&question, field), value);
        }
    }
}

#[test]
fn both_sources_give_records_of_one_key() {
    let (feed, _) = run(VIRGINIA, |_| None);
    let (products, _) = run(PRODUCTS, |_| {
        page(
            &[product(
                "m5.large",
                "us-east-1",
                &[("Hrs", json!("0.0960000000"))],
            )],
            None,
        )
    });
    let (feed, products) = (feed.unwrap(), products.unwrap());
    assert_eq!(told(&products), told(&feed)[..1]);
}

#[rstest]
#[case(product("a.b", "us-west-2", &[("Hrs", json!("1"))]), "a price of another region")]
#[case(product("a.b", "us-east-1", &[("Quantity", json!("1"))]), "no hourly price")]
#[case(product("a.b", "us-east-1", &[]), "no hourly price")]
#[case(product("a.b", "us-east-1", &[("Hrs", json!("0.0000000000"))]), "a price of 0")]
#[case(product("a.b", "us-east-1", &[("Hrs", json!(1))]), "no decimal price")]
#[case(product("a.b", "us-east-1", &[("Hrs", json!("1")), ("Hrs", json!("2"))]), "contradict")]
#[case(json!("{\"product\": {}"), "not as documented")]
fn products_that_are_refused(#[case] odd: Value, #[case] why: &str) {
    let good = product("good.one", "us-east-1", &[("Hrs", json!("1"))]);
    let (listing, _) = run(PRODUCTS, |request| {
        let shared = filter(&question(request), "tenancy") == "Shared";
        page(
            if shared {
                &[]
            } else {
                std::slice::from_ref(&good)
            },
            None,
        )
        .filter(|_| !shared)
        .or_else(|| page(std::slice::from_ref(&odd), None))
    });
    let listing = listing.unwrap();
    assert_eq!(told(&listing).len(), 1);
    let message = &listing.missing[0].error.message;
    assert!(message.contains(why), "{message}");
}

#[rstest]
#[case(
    400,
    r#"{"__type": "com.amazonaws.pricing#AccessDeniedException", "Message": "not allowed"}"#,
    ErrorKind::PermissionDenied,
    Some("AccessDeniedException")
)]
#[case(
    400,
    r#"{"__type": "UnrecognizedClientException", "message": "bad key"}"#,
    ErrorKind::Unauthenticated,
    Some("UnrecognizedClientException")
)]
#[case(
    400,
    r#"{"__type": "ThrottlingException:http://x/", "message": "slow"}"#,
    ErrorKind::RateLimited,
    Some("ThrottlingException")
)]
#[case(503, "<html>", ErrorKind::Unavailable, None)]
#[case(200, "{\"PriceList\": [", ErrorKind::Internal, None)]
#[case(200, "{\"PriceList\": [{}]}", ErrorKind::Internal, None)]
#[case(200, "{}", ErrorKind::Internal, None)]
fn answers_that_are_errors(
    #[case] status: u16,
    #[case] body: &str,
    #[case] kind: ErrorKind,
    #[case] code: Option<&str>,
) {
    let (result, _) = run(PRODUCTS, |_| Some(Ok((status, body.as_bytes().to_vec()))));
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (kind, code),
        "{}",
        error.message
    );
    assert!(
        error.message.contains("GetProducts of us-east-1"),
        "{}",
        error.message
    );
}

#[test]
fn pages_that_never_end_are_cut_off() {
    let (result, asked) = run(PRODUCTS, |_| page(&[], Some("again")));
    assert!(result.unwrap_err().message.contains("\"again\""));
    assert_eq!(asked.len(), 2 * 2);
}
