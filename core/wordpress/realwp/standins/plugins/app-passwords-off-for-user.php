<?php
require __DIR__ . '/early-look.php';
add_filter( 'wp_is_application_passwords_available_for_user', '__return_false' );
