/**
 * Named bounds and settings, each with its unit and its reason. Nothing else in the project invents a limit.
 */
@NullMarked
package io.flotilla.config.settings;

import org.jspecify.annotations.NullMarked;
