// Tells the order system of orders: the order as it stands, signed as Standard Webhooks say.
'use strict';

const crypto = require('node:crypto');
const {
  EventBus,
  OrderService,
  OrderStateTransitionEvent,
  PluginCommonModule,
  VendurePlugin,
} = require('@vendure/core');

const TOPICS = { PaymentSettled: 'order.placed', Cancelled: 'order.cancelled' };
const RELATIONS = ['customer', 'lines', 'lines.productVariant', 'shippingLines', 'payments'];

class OrderWebhookPlugin {
  constructor(eventBus, orderService) {
    this.eventBus = eventBus;
    this.orderService = orderService;
  }

  onApplicationBootstrap() {
    this.eventBus.ofType(OrderStateTransitionEvent).subscribe(event => {
      const topic = TOPICS[event.toState];
      if (topic) void this.tell(event.ctx, topic, event.order.id);
    });
  }

  async tell(ctx, topic, orderId) {
    const order = await this.orderService.findOne(ctx, orderId, RELATIONS);
    const body = JSON.stringify({ type: topic, order: message(order) });
    for (let tried = 0; tried < 5; tried++) {
      const answer = await fetch(process.env.WEBHOOK_URL, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signed(body) },
        body,
      }).catch(() => null);
      if (answer && answer.ok) return;
      await new Promise(resolve => setTimeout(resolve, 200 * 2 ** tried));
    }
  }
}

function signed(body) {
  const id = `msg_${crypto.randomUUID()}`;
  const sentAt = String(Math.floor(Date.now() / 1000));
  const mac = crypto.createHmac('sha256', process.env.WEBHOOK_SECRET);
  const signature = mac.update(`${id}.${sentAt}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': sentAt, 'webhook-signature': `v1,${signature}` };
}

function message(order) {
  return {
    id: String(order.id),
    code: order.code,
    state: order.state,
    orderPlacedAt: order.orderPlacedAt,
    updatedAt: order.updatedAt,
    currencyCode: order.currencyCode,
    lines: order.lines.map(line => ({
      id: String(line.id),
      sku: line.productVariant.sku,
      name: line.productVariant.name,
      quantity: line.quantity,
      orderPlacedQuantity: line.orderPlacedQuantity,
      unitPrice: line.unitPrice,
      proratedLinePrice: line.proratedLinePrice,
      proratedLineTax: line.proratedLinePriceWithTax - line.proratedLinePrice,
    })),
    shipping: order.shipping,
    shippingTax: order.shippingWithTax - order.shipping,
    totalWithTax: order.totalWithTax,
    customer: order.customer,
    shippingAddress: order.shippingAddress,
    billingAddress: order.billingAddress,
  };
}

// What the TypeScript compiler would write for a class with decorators.
Reflect.defineMetadata('design:paramtypes', [EventBus, OrderService], OrderWebhookPlugin);
VendurePlugin({ imports: [PluginCommonModule], compatibility: '^3.0.0' })(OrderWebhookPlugin);

module.exports = { OrderWebhookPlugin };
