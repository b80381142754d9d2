// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Embedded.h>

//! The scripts, version pins and the agent's lock file of resources/images, as they are part of this library.
ISOL8_DECLARE_EMBEDDED(images_image)
ISOL8_DECLARE_EMBEDDED(images_finish)
ISOL8_DECLARE_EMBEDDED(images_merge)
ISOL8_DECLARE_EMBEDDED(images_versions)
ISOL8_DECLARE_EMBEDDED(images_packages)
ISOL8_DECLARE_EMBEDDED(images_configure)
ISOL8_DECLARE_EMBEDDED(images_bake)
ISOL8_DECLARE_EMBEDDED(images_agent_lock)
