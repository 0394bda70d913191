// A Vendure server with one shop, two products and a webhook, all in memory. Prints one line of
// JSON when it is ready. PORT, WEBHOOK_URL and WEBHOOK_SECRET come from the environment.
'use strict';

const {
  DefaultLogger,
  Importer,
  LanguageCode,
  LogLevel,
  Populator,
  bootstrap,
  dummyPaymentHandler,
} = require('@vendure/core');
const { OrderWebhookPlugin } = require('./plugin');

const WORDS = {
  defaultLanguage: LanguageCode.en,
  defaultZone: 'Americas',
  countries: [{ name: 'United States of America', code: 'US', zone: 'Americas' }],
  taxRates: [{ name: 'Standard Tax', percentage: 20 }],
  shippingMethods: [{ name: 'Standard Shipping', price: 500 }],
  paymentMethods: [
    {
      name: 'Standard Payment',
      handler: {
        code: dummyPaymentHandler.code,
        arguments: [{ name: 'automaticSettle', value: 'true' }],
      },
    },
  ],
  collections: [],
};

const PRODUCTS = `name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets
Blue mug,blue-mug,A mug,,,,,MUG-BLUE,12.99,standard,100,false,,
Red tee,red-tee,A tee,,,,,TEE-RED,19.90,standard,100,false,,
`;

async function main() {
  const app = await bootstrap({
    apiOptions: {
      port: Number(process.env.PORT),
      hostname: '127.0.0.1',
      adminApiPath: 'admin-api',
      shopApiPath: 'shop-api',
    },
    authOptions: {
      tokenMethod: ['bearer'],
      superadminCredentials: { identifier: 'superadmin', password: 'local-password' },
    },
    dbConnectionOptions: { type: 'sqljs', synchronize: true, logging: false },
    paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
    logger: new DefaultLogger({ level: LogLevel.Error }),
    plugins: [OrderWebhookPlugin],
  });
  await app.get(Populator).populateInitialData(WORDS);
  await app.get(Importer).parseAndImport(PRODUCTS, LanguageCode.en).toPromise();
  process.stdout.write(JSON.stringify({ ready: true }) + '\n');
}

// Whoever started it holds the other end of its input: it never outlives them.
process.stdin.resume().on('end', () => process.exit(0));
main().catch(error => {
  console.error(error);
  process.exit(1);
});
