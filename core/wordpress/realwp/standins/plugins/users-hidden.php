<?php
// As plugins do against the listing of user names.
add_filter(
	'rest_endpoints',
	fn( $routes ) => array_filter( $routes, fn( $route ) => ! str_starts_with( $route, '/wp/v2/users' ), ARRAY_FILTER_USE_KEY )
);
