<?php
// What a site does that is not marked as a local test site.
add_filter( 'wp_is_application_passwords_available', 'is_ssl' );
