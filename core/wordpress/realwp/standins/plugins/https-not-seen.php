<?php
// As behind a proxy that does not say that visitors come by https; the site itself was set up with http.
add_filter( 'wp_is_application_passwords_available', 'is_ssl' );
$_SERVER['HTTP_X_STAND_IN_HOME'] = str_replace( 'https://', 'http://', $_SERVER['HTTP_X_STAND_IN_HOME'] );
