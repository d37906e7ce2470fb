// A site that signs people in with Fuxin by Spring Security.
package tw.gov.example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

@SpringBootApplication
@RestController
public class Portal {
    public static void main(String[] args) {
        SpringApplication.run(Portal.class, args);
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
        // Spring sends PKCE for clients without a secret only; Fuxin wants it of every client.
        var requests = new DefaultOAuth2AuthorizationRequestResolver(clients, "/oauth2/authorization");
        requests.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
        var signOut = new OidcClientInitiatedLogoutSuccessHandler(clients);
        signOut.setPostLogoutRedirectUri("{baseUrl}/");
        // Where this program reaches itself, past the web server in front.
        var here = "http://localhost:8080/logout";
        return http
            .authorizeHttpRequests(rules -> rules.requestMatchers("/").permitAll().anyRequest().authenticated())
            .oauth2Login(login -> login.authorizationEndpoint(at -> at.authorizationRequestResolver(requests)))
            .oidcLogout(logout -> logout.backChannel(channel -> channel.logoutUri(here)))
            .logout(logout -> logout.logoutSuccessHandler(signOut))
            .build();
    }

    @GetMapping("/")
    String home() {
        return "<h1>Portal</h1><a id=\"sign-in\" href=\"/profile\">Sign in</a>";
    }

    @GetMapping("/profile")
    String profile(@AuthenticationPrincipal OidcUser person,
            @RegisteredOAuth2AuthorizedClient("fuxin") OAuth2AuthorizedClient client) {
        return "<p id=\"name\">" + HtmlUtils.htmlEscape(person.getFullName()) + "</p><p id=\"expires\">" + client.getAccessToken().getExpiresAt()
            + "</p><a href=\"/logout\">Sign out</a>";
    }
}
