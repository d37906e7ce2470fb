//! Wrong methods and unknown addresses: machines are told in JSON, people on a page.

use reqwest::header::HeaderMap;

use crate::support::on_each_database;

/// What every answer has, whatever it answers.
fn passed_the_access_layer(headers: &HeaderMap, path: &str) {
    assert!(headers.contains_key("x-request-id"), "{path}");
    assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
}

/// RFC 9110 §15.5.6
#[test]
fn a_wrong_method_is_refused_in_the_format_of_its_address() {
    on_each_database(async |app| {
        for (path, method, allowed) in [
            ("/token", "GET", "POST"),
            ("/token", "PUT", "POST"),
            ("/introspect", "GET", "POST"),
            ("/revoke", "OPTIONS", "POST"),
            ("/userinfo", "DELETE", "GET,HEAD,POST"),
            ("/jwks", "POST", "GET,HEAD"),
            ("/.well-known/openid-configuration", "POST", "GET,HEAD"),
            ("/.well-known/oauth-authorization-server", "POST", "GET,HEAD"),
            ("/health/ready", "POST", "GET,HEAD"),
        ] {
            let request = app.http.request(method.parse().unwrap(), app.url(path));
            let answer = crate::support::Json::of(request.send().await.unwrap()).await;
            assert_eq!((answer.status, answer.error()), (405, "invalid_request"), "{path}");
            assert_eq!(answer.headers["allow"], allowed, "{path}");
            assert_eq!(answer.headers["content-type"], "application/json", "{path}");
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
            passed_the_access_layer(&answer.headers, path);
        }
        for (path, method, allowed) in [("/cancel", "GET", "POST"), ("/help", "POST", "GET,HEAD")] {
            let request = app.http.request(method.parse().unwrap(), app.url(path));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 405, "{path}");
            assert_eq!(answer.headers()["allow"], allowed, "{path}");
            passed_the_access_layer(answer.headers(), path);
            assert!(answer.text().await.unwrap().contains("ERR-405"), "{path}");
        }
    });
}

#[test]
fn an_unknown_address_is_refused_in_the_format_of_its_neighbours() {
    on_each_database(async |app| {
        for path in [
            "/.well-known/",
            "/.well-known/webfinger?resource=x",
            "/.well-known/openid-configuration/",
            "/.well-known/oauth-authorization-server/tenant",
            "/token/",
            "/userinfo/x",
            "/introspect/x",
            "/revoke/x",
            "/jwks/x",
        ] {
            let answer = app.http.get(app.url(path)).send().await.unwrap();
            let answer = crate::support::Json::of(answer).await;
            assert_eq!((answer.status, answer.error()), (404, "invalid_request"), "{path}");
            assert_eq!(answer.headers["content-type"], "application/json", "{path}");
            passed_the_access_layer(&answer.headers, path);
        }
        for path in ["/nowhere", "/tokens", "/jwks.json", "/sign-in/x"] {
            let page = app.browser().open(path).await;
            assert_eq!((page.status, page.code().as_str()), (404, "ERR-404"), "{path}");
            passed_the_access_layer(&page.headers, path);
        }
    });
}
